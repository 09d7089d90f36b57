"""Log lines of the bot, and of Rasa within it, without what customers said."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from switchyard_bot import logs

pytestmark = pytest.mark.unit

PHONE, ORDER, MAIL = "+86 138-1234-5678", "SY20480002", "lin@example.org"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    printed: dict[str, str] = json.loads(capsys.readouterr().out)
    return printed


def test_what_rasa_quotes_in_a_sentence_is_told_without_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info")
    quoted = f"Failed to run 'action_turn': no order {ORDER} of {PHONE} ({MAIL}) at 127.0.0.1:7104"
    logging.getLogger("rasa.core.actions.action").error(quoted)
    logged = line(capsys)
    for personal in (PHONE, "5678", "20480002", MAIL):
        assert personal not in logged["event"]
    assert "127.0.0.1:7104" in logged["event"]
    assert logged["logger"] == "rasa.core.actions.action"


def test_exceptions_are_told_by_type_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        try:
            raise KeyError(f"我的手机号是{PHONE}")
        except KeyError as error:
            raise ValueError(f"cannot read 我要投诉 {ORDER}") from error
    except ValueError:
        logging.getLogger("rasa.core.processor").exception("Encountered an exception")
    told = line(capsys)["exception"]
    assert "ValueError" in told
    assert "KeyError" in told
    assert "test_logs.py" in told
    for personal in (PHONE, ORDER):
        assert personal not in told


def test_structured_lines_tell_keys_but_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    structlog.get_logger().warning("slot.set", slot_values={"phone": PHONE}, action="action_turn")
    logged = line(capsys)
    assert logged["slot_values"] == logs.REDACTED
    assert logged["action"] == "action_turn"
