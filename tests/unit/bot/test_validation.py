"""What is wrong with training data is said before training, in a sentence that tells where."""

import shutil
from pathlib import Path

import pytest
from switchyard_bot import validation
from switchyard_bot.project import Project, here

pytestmark = pytest.mark.unit

_PARTS = ("data", "domain", "heldout", "knowledge*", "sentiment")


@pytest.fixture
def bot(tmp_path: Path) -> Project:
    """A copy of the bot's texts to spoil."""
    for pattern in _PARTS:
        for folder in here().root.glob(pattern):
            shutil.copytree(folder, tmp_path / folder.name)
    return Project(tmp_path)


def _append(bot: Project, path: str, text: str) -> None:
    with (bot.root / path).open("a", encoding="utf-8") as file:
        file.write(text)


def _said(bot: Project) -> str:
    return "\n".join(validation.problems(bot))


def test_the_bots_own_data_is_well() -> None:
    assert validation.problems(here()) == []


def test_an_intent_that_nobody_knows_and_is_taught_too_little(bot: Project) -> None:
    _append(
        bot,
        "data/nlu/en/courtesy.yml",
        "  - intent: dance\n    examples: |\n      - let us dance\n",
    )
    said = _said(bot)
    assert "intent dance has examples, but the domain does not name it" in said
    assert "en: dance has 1 examples" in said
    assert "zh: dance has 0 examples" in said


def test_a_phrase_that_teaches_two_intents(bot: Project) -> None:
    _append(
        bot,
        "data/nlu/en/courtesy.yml",
        "  - intent: dance\n    examples: |\n      - Good bye!\n"
        "  - intent: sing\n    examples: |\n      - good bye\n",
    )
    assert "is an example of dance and of" in _said(bot)


def test_a_heldout_phrase_that_was_learned_is_not_shown(bot: Project) -> None:
    secret = "zanzibar umbrella parade tomorrow"
    _append(
        bot, "data/nlu/en/courtesy.yml", f"  - intent: greet\n    examples: |\n      - {secret}\n"
    )
    file = bot.root / "heldout/en.yml"
    file.write_text(file.read_text(encoding="utf-8") + f"dance: ['{secret}']\n", encoding="utf-8")
    said = _said(bot)
    assert "heldout/en.yml: 1 phrases are training examples, too" in said
    assert "heldout/en.yml: dance has no examples to learn from" in said
    assert secret not in said


def test_what_yaml_reads_as_no_text(bot: Project) -> None:
    _append(bot, "heldout/en.yml", "dance: [no]\n")
    assert "put False of dance in quotes" in _said(bot)


def test_a_passage_in_one_language_only(bot: Project) -> None:
    _append(bot, "knowledge/returns.en.md", "\n## May I dance? {#dance}\n\nYes.\n")
    assert "knowledge: returns#dance is missing in zh" in _said(bot)


def test_a_question_for_a_passage_that_is_gone(bot: Project) -> None:
    _append(bot, "knowledge_questions/en.yml", "gone#x:\n  - where is it\n")
    assert "there is no passage gone#x" in _said(bot)


def test_a_mood_that_was_learned_and_is_measured(bot: Project) -> None:
    (bot.root / "sentiment/test.yml").write_text(
        "en: {angry: ['Liars! All of you.']}", encoding="utf-8"
    )
    assert "sentiment/test.yml: 1 texts are training examples" in _said(bot)
