"""The name of the model follows what it is trained from."""

import shutil
from pathlib import Path

import pytest
from switchyard_bot.project import Project, here

pytestmark = pytest.mark.unit


@pytest.fixture
def copy(tmp_path: Path) -> Project:
    """A copy of the bot's folder, without anything built."""
    root = tmp_path / "bot"
    shutil.copytree(here().root, root, ignore=shutil.ignore_patterns("*cache*", "*.lock"))
    return Project(root)


def test_same_inputs_give_the_same_name_wherever_they_lie(copy: Project) -> None:
    assert copy.model_name() == here().model_name()


@pytest.mark.parametrize(
    "changed",
    [
        "config.yml",
        "domain/responses.yml",
        "data/nlu/zh/orders.yml",
        "data/stories.yml",
        "requirements.in",
        "switchyard_bot/components.py",
        "switchyard_bot/text.py",
    ],
)
def test_any_change_of_an_input_gives_another_name(copy: Project, changed: str) -> None:
    with (copy.root / changed).open("a") as file:
        file.write("\n# changed\n")
    assert copy.model_name() != here().model_name()


def test_new_training_file_gives_another_name(copy: Project) -> None:
    (copy.root / "data/nlu/more.yml").write_text('version: "3.1"\n')
    assert copy.model_name() != here().model_name()


def test_what_does_not_shape_the_model_leaves_the_name(copy: Project) -> None:
    for other in ("README.md", "switchyard_bot/channel.py", "heldout/zh.yml"):
        (copy.root / other).write_text("changed")
    assert copy.model_name() == here().model_name()


def test_all_inputs_exist() -> None:
    names = {path.name for path in here().inputs()}
    assert {
        "config.yml",
        "stories.yml",
        "out_of_scope.yml",
        "tokens.py",
        "language.py",
        "entities.py",
    } <= names
