"""Menus from files: what a good one means, and that every mistake in a bad one is told at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from switchyard_phone.adapters.menu_files import BadMenus, load, read
from switchyard_phone.domain.bot_words import INTENTS
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import GiveSlot, InLanguage, ToBot, ToMenu, ToPerson

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
WORDS = {"zh": "你好", "en": "hello"}
GOOD: dict[str, Any] = {
    "languages": ["zh", "en"],
    "start": "main",
    "greeting": WORDS,
    "menus": {
        "main": {
            "prompt": WORDS,
            "keys": {
                1: {"label": WORDS, "intent": "order_status", "fields": ["order_number"]},
                "2": {"label": WORDS, "menu": "more"},
                "3": {"label": WORDS, "transfer": {"reason": "complaint", "queue": "vip"}},
            },
        },
        "more": {
            "prompt": WORDS,
            "keys": {
                "1": {"label": WORDS, "slot": {"name": "rating", "value": "5"}},
                "2": {"label": WORDS, "transfer": "asked"},
                "3": {"label": WORDS, "language": "zh"},
                "4": {"label": WORDS, "language": "next"},
            },
        },
    },
    "fields": {"order_number": {"prompt": WORDS, "digits": 8}},
}


def changed(place: str, value: Any) -> str:
    """The good document with one part replaced; without a value, taken away."""
    document = yaml.safe_load(yaml.safe_dump(GOOD))
    *above, last = place.split("/")
    part = document
    for name in above:
        part = part[int(name) if name == "1" and "1" not in part else name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return yaml.safe_dump(document)


def problems(text: str) -> list[str]:
    with pytest.raises(BadMenus) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_reads_what_every_key_leads_to() -> None:
    menus = read(yaml.safe_dump(GOOD))
    main, more = menus.menu("main"), menus.menu("more")
    assert [option.act for option in main.options] == [
        ToBot("order_status", ("order_number",)),
        ToMenu("more"),
        ToPerson("complaint", "vip"),
    ]
    assert [option.act for option in more.options] == [
        GiveSlot("rating", "5"),
        ToPerson("asked"),
        InLanguage(ZH),
        InLanguage(),
    ]
    assert main.option("4") is None


def test_the_company_has_menus_for_everything_the_bot_is_asked_for() -> None:
    menus = load()
    acts = [option.act for menu in menus.menus.values() for option in menu.options]
    intents = {act.intent for act in acts if isinstance(act, ToBot)}
    wanted = {"order_status", "change_address", "bill_balance", "pin_reset", "opening_hours"}
    assert wanted | {"callback", "ticket_status"} <= intents <= INTENTS
    assert ToPerson("complaint") in acts
    assert menus.fields["pin"].secret
    assert menus.fields["code"].secret


def test_an_option_is_announced_with_its_key_in_either_language() -> None:
    menus = load()
    option = menus.menu("main").options[0]
    assert menus.option_words(option, ZH) == "订单和收货地址，请按 1。"
    assert menus.option_words(option, EN) == "For orders and delivery, press 1."


def test_words_that_are_said_do_the_same_as_a_key() -> None:
    ways = {"zh": ["更多", "其他"], "en": ["more", "something else"]}
    menus = read(changed("menus/main/keys/2/say", ways))
    first, second, _ = menus.menu("main").options
    assert second.ways(ZH) == ("更多", "其他")
    assert second.ways(EN) == ("more", "something else")
    assert first.ways(EN) == ("hello",)
    assert menus.option_words(second, EN, speech=True) == "Hello, press 2 or say: more."
    assert menus.option_words(first, EN, speech=True) == "Hello, press 1."


def test_a_file_may_have_its_own_ways_to_say_what_holds_in_every_menu() -> None:
    menus = read(changed("say", {"person": {"zh": ["真人"], "en": ["a human"]}}))
    assert menus.ways("person", EN) == ("a human",)
    assert menus.ways("yes", ZH) == load().ways("yes", ZH)


def test_a_menu_may_be_one_that_no_voice_interrupts() -> None:
    menus = read(changed("menus/main/barge_in", value=False))
    assert not menus.menu("main").barge_in
    assert menus.menu("more").barge_in


def test_a_file_may_have_its_own_words_for_a_phrase() -> None:
    text = changed("phrases", {"press": {"zh": "按 {key}：{label}", "en": "{key}: {label}"}})
    assert read(text).phrase("press", EN) == "{key}: {label}"
    assert read(text).phrase("goodbye", EN) == load().phrase("goodbye", EN)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("start", "nowhere", "start: nowhere is not known; known: main, more"),
        ("start", None, "start is missing"),
        ("languages", ["zh", "fr"], "languages[1]: fr is not known; known: en, zh"),
        ("languages", ["zh", "zh"], "languages: must name each language once, and one at least"),
        ("languages", [], "languages: must name each language once, and one at least"),
        ("greeting", {"zh": "你好"}, "greeting: en is missing"),
        ("greeting", {**WORDS, "fr": "salut"}, "greeting.fr: is not known here; allowed: en, zh"),
        ("greeting", {**WORDS, "en": "hi {name}"}, "greeting.en: must hold no {placeholder}"),
        ("retries", 2.5, "retries: must be a whole number"),
        ("retries", 99, "retries: must be from 0 to 9"),
        ("star", "sing", "star: sing is not known; known: language, repeat"),
        (
            "timing",
            {"first_digit_seconds": 0},
            "timing.first_digit_seconds: must be from 0.5 to 60",
        ),
        ("surprise", 1, "surprise: is not known here; allowed: "),
        ("menus/main/keys/0", {}, "menus.main.keys.0: must be a key from 1 to 9; 0, * and #"),
        ("menus/main/keys/12", {}, "menus.main.keys.12: must be a key from 1 to 9"),
        (
            "menus/main/keys/2",
            {"label": WORDS, "menu": "more", "intent": "callback"},
            "keys.2: must lead to exactly one of: intent, language, menu, slot, transfer",
        ),
        ("menus/main/keys/2", {"label": WORDS, "menu": "gone"}, "menus.main.keys.2.menu: gone"),
        (
            "menus/main/keys/2",
            {"label": WORDS, "intent": "joke"},
            "keys.2.intent: joke is not known",
        ),
        ("menus/main/keys/2", {"menu": "more"}, "menus.main.keys.2: label is missing"),
        (
            "menus/main/keys/2",
            {"label": WORDS, "menu": "more", "fields": ["order_number"]},
            "menus.main.keys.2.fields: belongs to an intent only",
        ),
        (
            "menus/main/keys/2",
            {"label": WORDS, "intent": "callback", "fields": ["pin"]},
            "menus.main.keys.2.fields[0]: pin is not known; known: order_number",
        ),
        ("menus/main/keys", {}, "menus.main.keys: needs one key at least"),
        ("menus/main/barge_in", "no", "menus.main.barge_in: must be true or false"),
        (
            "menus/main/keys/2/say",
            {"zh": ["更多"]},
            "menus.main.keys.2.say: en is missing",
        ),
        (
            "menus/main/keys/2/say",
            {"zh": [], "en": ["more"]},
            "menus.main.keys.2.say.zh: needs one way at least",
        ),
        (
            "menus/main/keys/2/say",
            {"zh": ["更多"], "en": "more"},
            "menus.main.keys.2.say.en: must be a list",
        ),
        (
            "menus/main/keys/2/say",
            {"zh": ["更多"], "en": ["option 2"]},
            "menus.main.keys.2.say.en[0]: must be words: digits are understood by keys only",
        ),
        (
            "menus/main/keys/2/say",
            {"zh": ["人工"], "en": ["more"]},
            "menus.main.keys.2: say.zh: 人工 is said for key 0 already",
        ),
        (
            "menus/more/keys/2/say",
            {"zh": ["更多"], "en": ["Say  that again"]},
            "menus.more.keys.2: say.en: Say  that again is said for key * already",
        ),
        ("say", {"maybe": {"zh": ["也许"], "en": ["maybe"]}}, "say.maybe: is not known here"),
        (
            "menus/Main",
            {"prompt": WORDS, "keys": {}},
            "menus.Main: a menu's name has small letters",
        ),
        (
            "menus/lonely",
            {"prompt": WORDS, "keys": {"1": {"label": WORDS, "menu": "main"}}},
            "menus.lonely: no key leads here",
        ),
        ("fields/shoe_size", {"prompt": WORDS, "digits": 2}, "fields.shoe_size: the bot takes no"),
        ("fields/pin", {"prompt": WORDS, "digits": "8-4"}, "fields.pin.digits: must be from 1 to"),
        ("fields/pin", {"prompt": WORDS, "digits": "many"}, "fields.pin.digits: must be how many"),
        (
            "fields/pin",
            {"prompt": WORDS, "digits": 4, "secret": False},
            "fields.pin.secret: this value is always secret",
        ),
        (
            "fields/rating",
            {"prompt": WORDS, "digits": 1, "only": ["10"]},
            "fields.rating.only: 10 is not 1 to 1 digits",
        ),
        ("phrases", {"press": WORDS}, "phrases.press.en: must hold {key} and {label}"),
        ("phrases", {"shout": WORDS}, "phrases.shout: is not known here"),
        ("numbers", {"+8610": "fr"}, "numbers.+8610: fr is not known"),
    ],
)
def test_tells_what_is_wrong_and_where(place: str, value: Any, told: str) -> None:
    assert any(told in problem for problem in problems(changed(place, value))), told


def test_tells_all_mistakes_at_once() -> None:
    document = yaml.safe_load(yaml.safe_dump(GOOD))
    document["retries"] = "often"
    document["menus"]["main"]["keys"]["2"] = {"label": {"zh": "更多"}, "menu": "gone"}
    del document["fields"]["order_number"]["digits"]
    found = problems(yaml.safe_dump(document))
    for place in ("retries", "menus.main.keys.2.label", "menus.main.keys.2.menu"):
        assert any(problem.startswith(f"{place}:") for problem in found)
    assert "fields.order_number: digits is missing" in found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "line 1: "),
        ("*: x", "line 1: "),
        ("start: main\nstart: more", "line 2: the key start stands here twice"),
        ("menus:\n  main:\n    keys: {1: a, '1': b}", "line 3: the key 1 stands here twice"),
        ("- a list", "must map names to values"),
        ("", "must map names to values"),
    ],
)
def test_tells_the_line_where_a_file_is_no_such_document(text: str, told: str) -> None:
    assert any(problem.startswith(told) for problem in problems(text))


def test_a_file_in_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "menus.yml"
    file.write_bytes("greeting: 你好".encode("gb18030"))
    with pytest.raises(BadMenus, match="is not UTF-8"):
        load(file)


def test_a_secret_is_secret_without_being_called_so() -> None:
    text = changed("fields/code", {"prompt": WORDS, "digits": 6})
    assert read(text).fields["code"].secret
