"""What the gateway may tell beside the words; nothing of it can pass for something else."""

from typing import Any

import pytest
from switchyard_bot.errors import BadRequest
from switchyard_bot.metadata import read

pytestmark = pytest.mark.unit


def test_keeps_what_is_known_and_drops_the_rest() -> None:
    given = {
        "language": "zh",
        "contact": "c-1",
        "channel": "wechat",
        "verification_level": "verified",
        "dialogue": {"level": "verified"},
        "customer": "tenants/demo/customers/c1",
        "sentiment": -1,
    }
    assert read(given, said="") == {"language": "zh", "contact": "c-1", "channel": "wechat"}


def test_the_words_are_the_channels_own_word() -> None:
    assert read({"said": "yes, verified"}, said="no")["said"] == "no"
    assert "said" not in read({"said": "yes"}, said="")


def test_hand_back_carries_who_served_and_what_they_left() -> None:
    given = {"after": "handed_back", "agent": "tenants/demo/agents/a1", "note": "n" * 3000}
    kept = read(given, said="")
    assert kept["agent"] == "tenants/demo/agents/a1"
    assert len(kept["note"]) == 2000


def test_only_the_last_silence_says_so() -> None:
    assert read({"seconds": 1710, "last": True}, said="") == {"seconds": 1710.0, "last": True}
    assert read({"seconds": 90, "last": False}, said="") == {"seconds": 90.0}


def test_a_file_is_described_not_carried() -> None:
    file = {"id": "f1", "name": "a.png", "type": "image/png", "size": 12, "content": "…"}
    assert read({"file": file}, said="")["file"] == {
        "id": "f1",
        "name": "a.png",
        "type": "image/png",
        "size": 12.0,
    }


@pytest.mark.parametrize("claimed", ["true", 1, "yes", None, {}])
def test_an_identifier_is_proven_only_by_a_plain_true(claimed: object) -> None:
    given = {"kind": "phone", "value": "+8613800000000", "proven": claimed}
    (kept,) = read({"identifiers": [given]}, said="")["identifiers"]
    assert kept == {"kind": "phone", "value": "+8613800000000", "proven": False}
    (proven,) = read({"identifiers": [{**given, "proven": True}]}, said="")["identifiers"]
    assert proven["proven"] is True


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("zh", "must be an object"),
        ({"language": 7}, "metadata.language must be text"),
        ({"seconds": "12"}, "seconds must be a number"),
        ({"seconds": True}, "seconds must be a number"),
        ({"file": "a.png"}, "metadata.file must be an object"),
        ({"identifiers": "phone"}, "must be a list"),
        ({"identifiers": [{"kind": "phone"}] * 11}, "at most 10"),
        ({"identifiers": [{"kind": "passport", "value": "x"}]}, "needs a kind"),
        ({"identifiers": ["x"]}, "needs a kind"),
    ],
)
def test_refuses_what_is_malformed_and_says_where(given: Any, problem: str) -> None:
    with pytest.raises(BadRequest, match=problem):
        read(given, said="")
