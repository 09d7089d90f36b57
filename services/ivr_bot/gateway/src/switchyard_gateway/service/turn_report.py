"""What is reported of the bot's turns."""

from dataclasses import replace

from switchyard_common import bot_events as events
from switchyard_common.bot_answer import outcome_of
from switchyard_common.bot_events import Event, TurnFacts

from switchyard_gateway.domain.notices import spoken
from switchyard_gateway.domain.redaction import redacted
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.bot import Reply
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import Turn


class TurnReport:
    """Makes the events of a turn.

    Texts are in them, redacted, only if they are to be kept and the bot calls them not private.
    """

    def __init__(self, observer: Observer, *, keep_texts: bool) -> None:
        self._observer = observer
        self._keep_texts = keep_texts

    def outcome(self, reply: Reply) -> str:
        """answered, fallback, handed_over or error, as the bot says or its intent tells."""
        return outcome_of(reply.facts or TurnFacts(), handed_over=reply.handoff is not None)

    def events(self, turn: Turn, reply: Reply) -> tuple[Event, ...]:
        """bot.turn for a message, survey.answered for an answered survey."""
        facts = reply.facts or TurnFacts()
        outcome = self.outcome(reply)
        language = reply.language or turn.conversation.language
        found = list(self._turn(turn, facts, outcome, language))
        if outcome == "fallback" and turn.message is not None:
            self._observer.fallback(spoken(language))
        if reply.survey is not None:
            self._observer.survey(reply.survey.csat)
            found.append(events.surveyed(turn.conversation.id, reply.survey))
        return tuple(found)

    def on_failure(self, turn: Turn, apology: Step) -> Step:
        """The apology, with the turn it belongs to."""
        found = self._turn(turn, TurnFacts(), "error", turn.conversation.language)
        return replace(apology, events=(*apology.events, *found))

    def _turn(self, turn: Turn, facts: TurnFacts, outcome: str, language: str) -> tuple[Event, ...]:
        message, conversation = turn.message, turn.conversation
        if message is None:
            return ()
        kept = self._keep_texts and not facts.private
        level = facts.level or conversation.profile.verification_level
        return (
            events.turn(
                conversation.id,
                replace(facts, level=level),
                outcome,
                language,
                conversation.channel,
                message.number,
                message.time,
                redacted(message.text) if kept else "",
            ),
        )
