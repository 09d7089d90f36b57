"""What the gateway may tell about a message or an event, beside the words. Pure.

Everything else is dropped: nothing here becomes a slot, and the conversation's store stays small.
"""

from collections.abc import Mapping
from typing import Any

from switchyard_bot.errors import BadRequest

SAID = "said"
"""The customer's words as they were written, for the dialogue engine."""

_MAX_IDENTIFIERS = 10
_KINDS = ("phone", "email", "handle")
_TEXTS: Mapping[str, int] = {
    "language": 35,  # BCP 47
    "contact": 200,  # for the log
    "channel": 20,  # chat, phone, webhook or wechat
    "after": 40,  # hand_back: what came before it
    "agent": 200,  # hand_back: who served
    "note": 2000,  # hand_back: what the agent leaves for the bot
    "reason": 40,  # hand_over_failed
}
_FILE_TEXTS: Mapping[str, int] = {"id": 200, "name": 255, "type": 100}


def read(given: object, said: str) -> dict[str, Any]:
    """The metadata of a request, cut to what is known; ``said`` is added.

    Raises:
        BadRequest: it is no object, or a part of it has the wrong type.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise BadRequest("metadata must be an object")
    known: dict[str, Any] = _texts(given, _TEXTS, "metadata")
    if "seconds" in given:
        known["seconds"] = _number(given, "seconds")
    if given.get("last") is True:
        known["last"] = True
    if "file" in given:
        known["file"] = _file(given["file"])
    if given.get("identifiers"):
        known["identifiers"] = _identifiers(given["identifiers"])
    return {**known, SAID: said} if said else known


def _texts(given: Mapping[str, Any], names: Mapping[str, int], where: str) -> dict[str, Any]:
    found = {}
    for name, most in names.items():
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadRequest(f"{where}.{name} must be text")
        found[name] = value[:most]
    return found


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadRequest(f"{name} must be a number")
    return float(value)


def _file(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise BadRequest("metadata.file must be an object")
    file = _texts(given, _FILE_TEXTS, "metadata.file")
    if "size" in given:
        file["size"] = _number(given, "size")
    return file


def _identifiers(given: object) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > _MAX_IDENTIFIERS:
        raise BadRequest(f"metadata.identifiers must be a list of at most {_MAX_IDENTIFIERS}")
    return [_identifier(one) for one in given]


def _identifier(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping) or given.get("kind") not in _KINDS:
        raise BadRequest(f"an identifier needs a kind: {', '.join(_KINDS)}")
    identifier = _texts(given, {"kind": 20, "value": 256, "namespace": 100}, "identifier")
    return {**identifier, "proven": given.get("proven") is True}
