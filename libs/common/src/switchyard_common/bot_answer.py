"""Reads what the bot says of its own turn. Whatever is odd in it becomes harmless."""

from collections.abc import Mapping

from switchyard_common.bot_events import TurnFacts

VERIFICATION_LEVELS = ("anonymous", "identified", "verified")
_NAME_CHARS = 64
_MOST_FLOWS = 20
_NOT_UNDERSTOOD = ("nlu_fallback", "out_of_scope")


def facts_of(turn: Mapping[str, object], *, failed: bool = False) -> TurnFacts | None:
    """The facts in the answer's `turn`; None where there is none. `failed`: the bot says so."""
    if not turn:
        return None
    return TurnFacts(
        intent=name_in(turn, "intent"),
        confidence=number_in(turn, "confidence", 0.0, 1.0),
        level=level_of(turn.get("level"), ""),
        flow=name_in(turn, "flow"),
        step=name_in(turn, "step"),
        outcome="error" if failed else name_in(turn, "outcome"),
        sentiment=number_in(turn, "sentiment", -1.0, 1.0),
        finished=_flows(turn.get("finished"), name_in(turn, "flow")),
        private=turn.get("private") is not False,
        asks_secret=turn.get("asks_secret") is True,
    )


def outcome_of(facts: TurnFacts, *, handed_over: bool) -> str:
    """answered, fallback, handed_over or error, as the bot says or its intent tells."""
    if handed_over:
        return "handed_over"
    if facts.outcome in ("fallback", "error"):
        return facts.outcome
    return "fallback" if facts.intent in _NOT_UNDERSTOOD and not facts.outcome else "answered"


def text_in(fields: Mapping[str, object], name: str) -> str:
    """A text, or nothing."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def name_in(fields: Mapping[str, object], name: str) -> str:
    """A text that names something: a short one."""
    return text_in(fields, name)[:_NAME_CHARS]


def number_in(fields: Mapping[str, object], name: str, least: float, most: float) -> float:
    """A number within bounds; 0 where there is none."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return max(least, min(most, float(value)))


def level_of(value: object, otherwise: str) -> str:
    """A level of verification that there is."""
    return value if isinstance(value, str) and value in VERIFICATION_LEVELS else otherwise


def _flows(value: object, flow: str) -> tuple[str, ...]:
    """Flows by name; a mere yes means the one that the turn was in."""
    if value is True:
        return (flow,) if flow else ()
    if isinstance(value, str):
        return (value[:_NAME_CHARS],) if value else ()
    if not isinstance(value, list):
        return ()
    return tuple(each[:_NAME_CHARS] for each in value if isinstance(each, str))[:_MOST_FLOWS]
