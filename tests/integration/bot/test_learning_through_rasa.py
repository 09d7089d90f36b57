"""The pipeline learns any set through Rasa: other languages, few classes, strangers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.bot.stack import BOT, run_with_rasa

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

_ASKED = {
    "播放": ("我想听{}", "放一首{}的歌", "来点{}", "播放{}给我听", "{}的歌有吗"),
    "play/music": (
        "play some {}",
        "I want to hear {}",
        "put on {} please",
        "{} songs",
        "turn on {}",
    ),
    "天气": ("{}天气怎么样", "{}会下雨吗", "{}多少度", "{}要带伞吗", "查一下{}的天气"),
    "weather": (
        "weather in {}",
        "will it rain in {}",
        "how warm is {}",
        "{} forecast",
        "umbrella in {}?",
    ),
}
_THINGS = {"播放": ("周杰伦", "摇滚", "轻音乐"), "play/music": ("jazz", "abba", "piano")}
_PLACES = {"天气": ("北京", "上海", "明天"), "weather": ("Paris", "Rome", "Oslo")}
_STRANGE = (
    "how do I boil an egg",
    "我的护照过期了怎么办",
    "what is seven times eight",
    "红烧肉怎么做",
)


def _rows(held: bool) -> list[list[str]]:
    """Every sentence with every filling but one to learn from, or with that one to test."""
    fillings = {**_THINGS, **_PLACES}
    return [
        [sentence.format(filling), label]
        for label, sentences in _ASKED.items()
        for number, sentence in enumerate(sentences)
        for at, filling in enumerate(fillings[label])
        if (at == number % len(fillings[label])) is held
    ]


async def _result(folder: Path, body: Any) -> dict[str, Any]:
    path = folder / "set.json"
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    output = await run_with_rasa(str(BOT / "bench_nlu.py"), str(path), seconds=300)
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


async def test_learns_a_small_mixed_set_and_turns_strangers_down(tmp_path: Path) -> None:
    body = {"train": _rows(held=False), "test": _rows(held=True), "oos_test": list(_STRANGE)}
    result = await _result(tmp_path, body)
    assert result["classes"] == len(_ASKED)
    assert result["accuracy"] >= 0.9
    assert result["macro_f1"] >= 0.9
    assert result["oos_rejected"] >= 0.75
    assert result["in_scope_kept"] >= 0.7
