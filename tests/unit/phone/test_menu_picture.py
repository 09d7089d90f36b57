"""Menus as a picture, as a tree and as a command."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.command import app
from switchyard_phone.domain.language import Language
from switchyard_phone.entrypoints.cli.menu_layout import CARD_WIDTH, layout
from switchyard_phone.entrypoints.cli.menu_page import page, picture, shortened, wrapped
from switchyard_phone.entrypoints.cli.menu_tree import tree
from typer.testing import CliRunner

pytestmark = pytest.mark.unit


def test_the_picture_is_well_formed_and_shows_every_key_of_every_menu() -> None:
    menus = load()
    placed = layout(menus, lambda _: 1)
    drawn = ElementTree.fromstring(picture(menus, placed))
    keys = [text.text for text in drawn.iter("text") if text.get("class") == "key"]
    assert len(keys) == sum(len(menu.options) for menu in menus.menus.values())
    assert len(drawn.findall("path")) == len(placed.links) == 3


def test_no_two_cards_stand_over_each_other() -> None:
    cards = layout(load(), lambda _: 3).cards
    for one in cards:
        below = [
            other
            for other in cards
            if other is not one and other.x < one.x + CARD_WIDTH and other.x + CARD_WIDTH > one.x
        ]
        assert all(
            other.y >= one.y + one.height or other.y + other.height <= one.y for other in below
        )


@pytest.mark.parametrize(("language", "opens"), [("en", 'lang="en"'), ("zh", 'lang="zh-CN"')])
def test_the_page_speaks_both_languages_and_fetches_nothing(language: str, opens: str) -> None:
    text = page(load(), "company.yml", language)
    assert text.startswith(f"<!doctype html><html {opens}>")
    assert "Please choose a service." in text
    assert "请选择您需要的服务。" in text
    assert "://" not in text


def test_the_page_tells_what_may_be_said_and_what_no_voice_interrupts() -> None:
    text = page(load(), "company.yml", "en")
    assert "check my order / order status / where is my order" in text
    assert "查订单 / 订单状态 / 订单到哪了" in text
    assert "只能按键打断" not in text
    menus = load()
    notice = replace(menus.menu("main"), barge_in=False)
    text = page(replace(menus, menus={**menus.menus, "main": notice}), "company.yml", "en")
    assert text.count("只能按键打断") == 1


def test_names_are_never_markup() -> None:
    assert "<script>" not in page(load(), "<script>", "en")


def test_words_are_wrapped_and_shortened_to_their_room() -> None:
    assert wrapped("one two three", 60) == ["one two", "three"]
    assert wrapped("一二三四五", 44) == ["一二三", "四五"]
    assert shortened("one two three", 60) == "one tw…"
    assert shortened("short", 60) == "short"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            Language.ENGLISH,
            "to be called back  “call me back / callback / call back”  → bot: callback",
        ),
        (Language.CHINESE, "预约回电  “回电 / 给我回电话 / 预约回电”  → 机器人：callback"),
    ],
)
def test_the_tree_names_every_key_once(language: Language, told: str) -> None:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(tree(load(), language))
    text = captured.get()
    assert told in text
    assert text.count("order_status + order_number, phone_last4") == 1


def test_the_command_draws_a_file(tmp_path: Path) -> None:
    out = tmp_path / "menus.html"
    result = CliRunner().invoke(app, ["draw", "--out", str(out), "--lang", "en"])
    assert result.exit_code == 0
    assert "The picture:" in result.output
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(("lang", "told"), [("en", "has 2 mistakes:"), ("zh", "有 2 处错误：")])
def test_the_command_tells_every_mistake(tmp_path: Path, lang: str, told: str) -> None:
    file, out = tmp_path / "bad.yml", tmp_path / "menus.html"
    file.write_text("languages: [zh]\nstart: main", encoding="utf-8")
    result = CliRunner().invoke(app, ["draw", str(file), "--out", str(out), "--lang", lang])
    assert result.exit_code == 1
    assert told in result.stderr
    assert "greeting is missing" in result.stderr
    assert not out.exists()


def test_the_command_names_a_file_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be broken over two lines
    result = CliRunner().invoke(app, ["draw", "none.yml"])
    assert result.exit_code == 2
    assert "none.yml" in result.stderr
