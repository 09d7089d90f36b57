"""Handles one turn with Rasa's agent: message in, everything the bot says out."""

from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ConversationPaused, ConversationResumed
from rasa.shared.core.trackers import DialogueStateTracker

from switchyard_bot import incoming
from switchyard_bot.answers import Answer
from switchyard_bot.incoming import TurnRequest
from switchyard_bot.report import fold, handover_reasons, outcome
from switchyard_bot.turn import Turn

_SHOWN = ("text", "custom", "buttons", "image", "attachment")
_APOLOGY = "utter_trouble"
_APOLOGY_ONLY = "utter_trouble_again"
_SUMMARY = "utter_trouble_summary"


async def handle(agent: Agent, request: TurnRequest, channel: str) -> Answer:
    """Passes a message or event to Rasa and waits for all it leads to."""
    return _told(await _handle(agent, request, channel))


async def _handle(agent: Agent, request: TurnRequest, channel: str) -> Answer:
    if request.intent in incoming.WAKING:
        await _resume(agent, request.sender)
    output = CollectingOutputChannel()
    message = UserMessage(
        request.rasa_text(),
        output,
        request.sender,
        input_channel=channel,
        message_id=request.message_id or None,
        metadata=dict(request.metadata),
    )
    # Now, and not by Rasa on the way, so that the answer can tell what was understood.
    message.parse_data = await agent.processor.parse_message(message)
    await agent.handle_message(message)
    turn = Turn.of(message.parse_data)
    answer = _answer(request, turn, [_shown(message) for message in output.messages])
    if answer["messages"]:
        return answer
    return await _silent(agent, request, answer)


async def _silent(agent: Agent, request: TurnRequest, answer: Answer) -> Answer:
    """Silence is right only while a person serves; otherwise the action server has failed.

    Then a person takes over. An event is only apologised for: nobody has asked for anything, and
    a hand-over that fails must not lead to the next one.
    """
    async with agent.lock_store.lock(request.sender):
        tracker = await agent.tracker_store.get_or_create_tracker(request.sender)
        if tracker.is_paused():
            return {**answer, "paused": True}
        language = tracker.get_slot("language") or request.language
        failed = {**answer, "failed": True}
        if request.intent:
            return {**failed, "messages": [apology(agent, language)]}
        tracker.update(ConversationPaused())
        await agent.tracker_store.save(tracker)
    said = {"text": _filled(agent, _APOLOGY, language)}
    notice = {"custom": {"switchyard": _handover(agent, tracker, answer, language)}}
    return {**failed, "messages": [said, notice], "paused": True}


def _handover(
    agent: Agent, tracker: DialogueStateTracker, answer: Answer, language: str
) -> dict[str, Any]:
    """What a person is told, from what the dialogue engine wrote down before it failed."""
    state = tracker.get_slot("dialogue") or {}
    return {
        "type": "handover",
        "reason": "bot_failed",
        "intent": state.get("topic") or answer["turn"]["intent"],
        "language": language,
        "slots": dict(state.get("known") or {}),
        "verification_level": state.get("level") or "anonymous",
        "customer": state.get("customer") or "",
        "summary": _filled(agent, _SUMMARY, language),
        "sentiment": 0.0,
        "queue": "",
        "priority": 0,
    }


def broken(agent: Agent, request: TurnRequest) -> Answer:
    """The answer when handling raised."""
    answer = _answer(request, Turn(), [apology(agent, request.language)])
    return _told({**answer, "failed": True, "error": "unavailable"})


def _told(answer: Answer) -> Answer:
    return {**answer, "turn": {**answer["turn"], "outcome": outcome(answer)}}


def apology(agent: Agent, language: str) -> dict[str, Any]:
    """The message for a customer whom the bot could not serve, and nobody else can now."""
    return {"text": _filled(agent, _APOLOGY_ONLY, language)}


def _filled(agent: Agent, response: str, language: str) -> str:
    filled = agent.nlg.generate_from_slots(response, {"language": language}, "collector")
    text: str = filled["text"]
    return text


def _answer(request: TurnRequest, turn: Turn, messages: list[dict[str, Any]]) -> Answer:
    told = {
        "intent": request.meant or turn.intent,
        "confidence": 1.0 if request.meant else turn.confidence,
        "language": turn.language,
    }
    messages, report = fold(messages, told)
    answer: Answer = {"messages": messages, "turn": report, "paused": False, "failed": False}
    answer["paused"] = bool(handover_reasons(answer))
    return answer


async def _resume(agent: Agent, sender: str) -> None:
    """Ends the silence that began with the hand-over."""
    async with agent.lock_store.lock(sender):
        tracker = await agent.tracker_store.get_or_create_tracker(sender)
        tracker.update(ConversationResumed())
        # The turn of the hand-over ended in silence, without the bot going back to listening.
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        await agent.tracker_store.save(tracker)


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in _SHOWN if message.get(name)}
