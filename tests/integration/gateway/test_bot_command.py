"""`switchyard bot paths` and `export` on what a gateway has reported to Redis."""

import json
import re
from pathlib import Path

import orjson
import pytest
from redis import Redis
from switchyard_gateway.adapters.redis.keys import EVENTS
from switchyard_gateway.command import app
from typer.testing import CliRunner

pytestmark = pytest.mark.integration

TURNS = [
    {"conversation": "c1", "turn": 1, "intent": "order_status", "confidence": 0.9, "language": "en",
     "outcome": "answered", "flow": "order_status", "step": "ask.order_number", "text": "where"},
    {"conversation": "c1", "turn": 2, "intent": "give_details", "confidence": 0.8, "language": "en",
     "outcome": "answered", "flow": "order_status", "step": "done", "text": "<number>"},
    {"conversation": "c2", "turn": 1, "intent": "out_of_scope", "confidence": 0.3, "language": "zh",
     "outcome": "fallback", "text": "讲个笑话"},
]  # fmt: skip


@pytest.fixture
def reported_url(redis_url: str) -> str:
    with Redis.from_url(redis_url) as redis:
        for turn in TURNS:
            redis.xadd(EVENTS, {"type": "bot.turn", "data": orjson.dumps(turn)})
        ended = {"conversation": "c1", "outcome": "self_served"}
        redis.xadd(EVENTS, {"type": "bot.ended", "data": orjson.dumps(ended)})
        redis.xadd(EVENTS, {"type": "survey.answered", "data": orjson.dumps({"csat": 5})})
    return redis_url


def test_paths_are_drawn_and_told(reported_url: str, tmp_path: Path) -> None:
    out = tmp_path / "paths.html"
    result = CliRunner().invoke(
        app, ["paths", "--redis", reported_url, "--out", str(out), "--lang", "en"]
    )
    assert result.exit_code == 0, result.output
    assert "2 conversations, 3 messages" in result.output
    assert out.as_uri() in result.output.replace("\n", "")
    assert "order status: done" in re.sub(r"\s+", " ", out.read_text())


def test_phrases_are_exported(reported_url: str, tmp_path: Path) -> None:
    out = tmp_path / "phrases.jsonl"
    result = CliRunner().invoke(app, ["export", str(out), "--redis", reported_url])
    assert result.exit_code == 0, result.output
    said = [json.loads(line)["text"] for line in out.read_text().splitlines()]
    assert said == ["讲个笑话", "<number>", "where"]


def test_an_export_never_overwrites(reported_url: str, tmp_path: Path) -> None:
    out = tmp_path / "phrases.jsonl"
    out.write_text("mine")
    assert CliRunner().invoke(app, ["export", str(out), "--redis", reported_url]).exit_code != 0
    assert out.read_text() == "mine"


def test_only_the_period_counts(reported_url: str, tmp_path: Path) -> None:
    asked = ["--since", "2020-01-01T00:00", "--until", "2020-01-02T00:00", "--redis", reported_url]
    result = CliRunner().invoke(app, ["export", str(tmp_path / "none.jsonl"), *asked])
    assert result.exit_code == 1
    assert "no turns in this period" in result.output


@pytest.mark.parametrize("command", [["paths"], ["export", "never-written.jsonl"]])
def test_without_redis_it_says_what_to_do(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--redis", "redis://127.0.0.1:1/0"])
    assert result.exit_code == 2
    assert "make run" in result.output


def test_a_period_that_cannot_be_is_refused() -> None:
    result = CliRunner().invoke(app, ["paths", "--since", "yesterday"])
    assert result.exit_code == 2
    assert "--since" in result.output
