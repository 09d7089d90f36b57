"""Handles one turn with Rasa's agent: message in, everything the bot says out."""

from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ConversationResumed

from switchyard_bot import incoming
from switchyard_bot.answers import Answer
from switchyard_bot.incoming import TurnRequest
from switchyard_bot.turn import CURRENT_TURN, Turn

FALLBACK_INTENTS = ("nlu_fallback", "out_of_scope")
_SHOWN = ("text", "custom", "buttons", "image", "attachment")
_APOLOGY = "utter_trouble"


async def handle(agent: Agent, request: TurnRequest, channel: str) -> Answer:
    """Passes a message or event to Rasa and waits for all it leads to."""
    turn = Turn()
    CURRENT_TURN.set(turn)
    if request.intent == incoming.HAND_BACK:
        await _resume(agent, request.sender)
    output = CollectingOutputChannel()
    await agent.handle_message(
        UserMessage(
            request.rasa_text(),
            output,
            request.sender,
            input_channel=channel,
            message_id=request.message_id or None,
            metadata=dict(request.metadata),
        )
    )
    answer = _answer(request, turn, [_shown(message) for message in output.messages])
    if answer["messages"]:
        return answer
    # Silence is right only while a person serves; otherwise an action has failed.
    tracker = await agent.tracker_store.get_or_create_tracker(request.sender)
    if tracker.is_paused():
        return {**answer, "paused": True}
    language = tracker.get_slot("language") or request.language
    return {**answer, "messages": [apology(agent, language)], "failed": True}


def broken(agent: Agent, request: TurnRequest) -> Answer:
    """The answer when handling raised."""
    answer = _answer(request, Turn(), [apology(agent, request.language)])
    return {**answer, "failed": True, "error": "unavailable"}


def apology(agent: Agent, language: str) -> dict[str, Any]:
    """The message for a customer whom the bot could not serve."""
    filled = agent.nlg.generate_from_slots(_APOLOGY, {"language": language}, "collector")
    return {"text": filled["text"]}


def handover_reasons(answer: Answer) -> list[str]:
    """Why the conversation was given to a person in this turn, if it was."""
    events = [message.get("custom", {}).get("switchyard", {}) for message in answer["messages"]]
    return [event.get("reason", "") for event in events if event.get("type") == "handover"]


def outcome(answer: Answer) -> str:
    """One word for metrics: error, handed_over, paused, fallback or answered."""
    if answer["failed"]:
        return "error"
    if handover_reasons(answer):
        return "handed_over"
    if answer["paused"]:
        return "paused"
    return "fallback" if answer["turn"]["intent"] in FALLBACK_INTENTS else "answered"


def _answer(request: TurnRequest, turn: Turn, messages: list[dict[str, Any]]) -> Answer:
    answer: Answer = {
        "messages": messages,
        "turn": {
            "intent": request.intent or turn.intent,
            "confidence": 1.0 if request.intent else turn.confidence,
            "language": turn.language,
        },
        "paused": False,
        "failed": False,
    }
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
