"""The store of conversations in memory: all of its ports in one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from switchyard_common.bot_events import Event
from switchyard_common.clock import FakeClock
from switchyard_gateway.domain.conversation import (
    Changed,
    Conversation,
    ConversationId,
    Draft,
    Entry,
    EntryId,
    Live,
    Message,
    Occasion,
    Role,
    State,
    Wait,
)
from switchyard_gateway.domain.errors import (
    ConversationUnknown,
    NotTheAgent,
    RateLimited,
    StoreDown,
    WrongState,
)
from switchyard_gateway.domain.secrecy import Secrecy
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.store import Busy, Due, Finished, Opening, Posted, RateLimit, Turn

LOOK_SECONDS = 90.0
CHANGED_BY_STEPS = (
    "state",
    "language",
    "handover",
    "profile",
    "bot_paused",
    "ended_by_request",
    "offered",
    "tally",
    "reminders",
    "secrecy",
    "past_contact",
)


class FakeStore:
    """Set `down` to have every call fail; `whispers` keeps what was whispered.

    `down_after_commit`: the next step is made, and the store is down from then on; with
    `loses_answer` whoever made it does not learn that it was made.
    """

    def __init__(self, clock: FakeClock, max_entries: int = 1000) -> None:
        self.clock = clock
        self.down = self.down_after_commit = self.loses_answer = False
        self.whispers: list[tuple[str, Live]] = []
        self._max_entries = max_entries
        self._conversations: dict[str, Conversation] = {}
        self._logs: defaultdict[str, list[Entry]] = defaultdict(list)
        self._turns: defaultdict[str, list[EntryId | Occasion]] = defaultdict(list)
        self._leases: dict[str, tuple[str, float]] = {}
        self._due: dict[str, float] = {}
        self._held: defaultdict[str, set[ConversationId]] = defaultdict(set)
        self._seen: dict[str, float] = {}
        self._timers: dict[ConversationId, float] = {}
        self.events: list[Event] = []
        self.max_events = 100_000
        self._positions = 0
        self.hushed: dict[EntryId, str] = {}
        self._rings: defaultdict[str, list[asyncio.Event]] = defaultdict(list)

    def check(self) -> None:
        if self.down:
            raise StoreDown

    # Conversations

    async def open(self, opening: Opening) -> Conversation:
        self.check()
        now = self.clock.now()
        if opening.id not in self._conversations and opening.occasion is not None:
            self._turns[opening.id].append(opening.occasion)
        self._arm(opening.id)
        return self._conversations.setdefault(
            opening.id,
            Conversation(
                id=opening.id,
                channel=opening.channel,
                language=opening.language,
                state=State.WITH_BOT,
                version=1,
                created=now,
                updated=now,
                token_hash=opening.token_hash,
                identifiers=opening.identifiers,
                active=now,
            ),
        )

    async def load(self, conversation_id: ConversationId) -> Conversation:
        self.check()
        if conversation_id not in self._conversations:
            raise ConversationUnknown
        return self._conversations[conversation_id]

    async def commit(self, before: Conversation, step: Step) -> Conversation | None:
        stored = await self.load(before.id)
        if stored.version != before.version:
            return None
        if step.if_still_quiet and stored.said != before.said:
            return None
        after = self._apply(stored, Step(_merged(stored, before, step), *_rest(step)))
        self.down = self.down_after_commit or self.loses_answer
        if self.loses_answer:
            raise StoreDown
        return after

    def _apply(self, before: Conversation, step: Step) -> Conversation:
        for draft in step.says:
            self._say(before.id, draft)
        self._announce(before, step.after)
        changed = step.after != before
        after = replace(
            step.after,
            version=before.version + 1 if changed else before.version,
            updated=self.clock.now(),
        )
        if after.state is not before.state:
            for turn in self._turns[before.id]:
                self.hushed.pop(EntryId(str(turn)), None)
            self._turns[before.id] = []
            self._leases.pop(before.id, None)
            after = replace(after, wait=None)
            if after.state is State.WITH_BOT:
                after = replace(after, active=self.clock.now(), reminders=0)
        self._turns[before.id].extend(step.occasions)
        self.events.extend(step.events)
        self._conversations[before.id] = after
        if after.state is State.CLOSED:
            self._timers.pop(before.id, None)
            for entry in self._logs[before.id]:
                self.hushed.pop(entry.id, None)
        else:
            self._arm(before.id)
        self._ring(before.id)
        return after

    def _arm(self, conversation_id: ConversationId) -> None:
        self._timers[conversation_id] = self.clock.monotonic() + LOOK_SECONDS

    def _announce(self, before: Conversation, after: Conversation) -> None:
        def seen(each: Conversation) -> tuple[object, ...]:
            return each.state, each.language, each.contact, each.agent

        if seen(before) != seen(after):
            display = after.handover.agent_display if after.handover else ""
            self._logs[before.id].append(
                Changed(
                    self._position(),
                    after.state,
                    after.language,
                    after.contact,
                    after.agent,
                    display,
                )
            )

    # Transcript

    async def post(
        self, conversation_id: ConversationId, draft: Draft, limit: RateLimit | None
    ) -> Posted:
        conversation = await self.load(conversation_id)
        known = self._known(conversation_id, draft)
        if known is not None:
            return Posted(known, repeated=True)
        self._may_write(conversation, draft)
        if limit is not None:
            self._slow_down(conversation_id, limit)
        number = conversation.said + 1 if draft.role is Role.CUSTOMER else 0
        message = self._say(conversation_id, draft, number, conversation)
        if number:
            now = self.clock.now()
            self._conversations[conversation_id] = replace(
                conversation,
                said=number,
                first=conversation.first or now,
                active=now,
                reminders=0,
            )
        if number and conversation.state is State.WITH_BOT:
            self._turns[conversation_id].append(message.id)
        self._arm(conversation_id)
        self._ring(conversation_id)
        waiting = conversation.state is State.WAITING_FOR_AGENT
        return Posted(message, repeated=False, waiting=waiting)

    def _may_write(self, conversation: Conversation, draft: Draft) -> None:
        if conversation.state is State.CLOSED:
            raise WrongState(conversation.state, "open")
        if draft.role is Role.AGENT:
            if conversation.state is not State.WITH_AGENT:
                raise WrongState(conversation.state, State.WITH_AGENT)
            if conversation.agent != draft.agent:
                raise NotTheAgent

    def _slow_down(self, conversation_id: ConversationId, limit: RateLimit) -> None:
        now = self.clock.monotonic()
        due = max(now, self._due.get(conversation_id, now)) + limit.interval_seconds
        ahead = due - now - limit.interval_seconds * limit.burst
        if ahead > 0:
            raise RateLimited(ahead)
        self._due[conversation_id] = due

    async def read(
        self, conversation_id: ConversationId, after: EntryId, limit: int
    ) -> tuple[Entry, ...]:
        self.check()
        log = self._logs[conversation_id]
        return tuple(entry for entry in log if _number(entry.id) > _number(after))[:limit]

    async def whole(self, conversation_id: ConversationId, message: Message) -> Message:
        self.check()
        return self._whole(message) if message.confidential else message

    def _whole(self, message: Message) -> Message:
        return replace(message, text=self.hushed.get(message.id, message.text))

    # Turns

    async def claim(
        self, conversation_id: ConversationId, lease_seconds: float
    ) -> Turn | Busy | None:
        conversation = await self.load(conversation_id)
        if conversation.state is not State.WITH_BOT:
            return None
        now = self.clock.monotonic()
        _, until = self._leases.get(conversation_id, ("", now))
        if until > now:
            return Busy(until - now)
        if not self._turns[conversation_id]:
            return None
        first = self._turns[conversation_id][0]
        turn_id = f"turn-{self._position()}"
        self._leases[conversation_id] = (turn_id, now + lease_seconds)
        if isinstance(first, Occasion):
            return Turn(turn_id, conversation, occasion=first)
        message = next((e for e in self._logs[conversation_id] if e.id == first), None)
        found = self._whole(message) if isinstance(message, Message) else None
        return Turn(turn_id, conversation, found)

    async def renew(self, turn: Turn, lease_seconds: float) -> bool:
        self.check()
        holder, _ = self._leases.get(turn.conversation.id, ("", 0.0))
        if holder != turn.id:
            return False
        self._leases[turn.conversation.id] = (turn.id, self.clock.monotonic() + lease_seconds)
        return True

    async def finish(self, turn: Turn, step: Step) -> Finished | None:
        self.check()
        conversation_id = turn.conversation.id
        holder, _ = self._leases.get(conversation_id, ("", 0.0))
        if holder != turn.id:
            return None
        del self._leases[conversation_id]
        self.hushed.pop(EntryId(str(self._turns[conversation_id].pop(0))), None)
        stored = self._conversations[conversation_id]
        merged = _merged(stored, turn.conversation, step)
        after = self._apply(stored, Step(merged, *_rest(step)))
        return Finished(after, more=bool(self._turns[conversation_id]))

    # Timers

    async def due(self, most: int, lease_seconds: float) -> Due:
        self.check()
        now = self.clock.monotonic()
        due = sorted((at, each) for each, at in self._timers.items() if at <= now)[:most]
        for _, each in due:
            self._timers[each] = now + lease_seconds
        return Due(tuple(each for _, each in due), len(self._timers))

    async def postpone(self, conversation_id: ConversationId, seconds: float) -> None:
        self.check()
        if conversation_id in self._timers:
            self._timers[conversation_id] = self.clock.monotonic() + seconds

    async def forget(self, conversation_id: ConversationId) -> None:
        self.check()
        self._timers.pop(conversation_id, None)

    # Whispers, ledger, sightings, feed

    async def whisper(self, conversation_id: ConversationId, live: Live) -> None:
        self.check()
        self.whispers.append((conversation_id, live))
        if isinstance(live, Wait) and conversation_id in self._conversations:
            conversation = self._conversations[conversation_id]
            self._conversations[conversation_id] = replace(conversation, wait=live)

    async def track(self, node: str, conversation_id: ConversationId) -> None:
        self.check()
        self._held[node].add(conversation_id)

    async def untrack(self, node: str, conversation_id: ConversationId) -> None:
        self.check()
        self._held[node].discard(conversation_id)

    async def tracked(self, node: str) -> tuple[ConversationId, ...]:
        self.check()
        return tuple(sorted(self._held[node]))

    async def seen(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        self.check()
        for conversation_id in conversation_ids:
            self._seen[conversation_id] = self.clock.monotonic()

    async def away_seconds(self, conversation_id: ConversationId) -> float:
        self.check()
        if conversation_id not in self._seen:
            return 24 * 3600.0
        return self.clock.monotonic() - self._seen[conversation_id]

    @asynccontextmanager
    async def watch(
        self, conversation_id: ConversationId, after: EntryId
    ) -> AsyncIterator[AsyncIterator[Live]]:
        rung = asyncio.Event()
        self._rings[conversation_id].append(rung)

        async def follow() -> AsyncIterator[Live]:
            position = after
            while True:
                rung.clear()
                for entry in await self.read(conversation_id, position, 100):
                    position = entry.id
                    yield entry
                await rung.wait()

        try:
            yield follow()
        finally:
            self._rings[conversation_id].remove(rung)

    # For tests

    async def messages(self, conversation_id: ConversationId) -> list[Message]:
        entries = await self.read(conversation_id, EntryId(""), self._max_entries)
        return [entry for entry in entries if isinstance(entry, Message)]

    def _say(
        self,
        conversation_id: ConversationId,
        draft: Draft,
        number: int = 0,
        conversation: Conversation | None = None,
    ) -> Message:
        known = self._known(conversation_id, draft)
        if known is not None:
            return known
        message = Message(
            id=self._position(),
            message_id=draft.message_id,
            role=draft.role,
            text=draft.kept(conversation.secrecy if conversation else Secrecy.NEVER),
            time=self.clock.now(),
            agent=draft.agent,
            notice=draft.notice,
            choices=draft.choices,
            attachments=draft.attachments,
            number=number,
            confidential=draft.confidential,
        )
        needed = conversation is None or conversation.state is State.WITH_BOT
        if needed and message.text != draft.text:
            self.hushed[message.id] = draft.text
        log = self._logs[conversation_id]
        log.append(message)
        del log[: -self._max_entries]
        return message

    def _known(self, conversation_id: ConversationId, draft: Draft) -> Message | None:
        for entry in self._logs[conversation_id]:
            if isinstance(entry, Message) and (entry.role, entry.message_id) == (
                draft.role,
                draft.message_id,
            ):
                return entry
        return None

    def _position(self) -> EntryId:
        self._positions += 1
        return EntryId(f"{self._positions}-0")

    def _ring(self, conversation_id: str) -> None:
        for rung in self._rings[conversation_id]:
            rung.set()


def _merged(stored: Conversation, before: Conversation, step: Step) -> Conversation:
    """As the real one: only what the step changes is written."""
    changes = {
        name: getattr(step.after, name)
        for name in CHANGED_BY_STEPS
        if getattr(step.after, name) != getattr(before, name)
    }
    return replace(stored, **changes)


def _rest(step: Step) -> tuple[tuple[Draft, ...], tuple[Occasion, ...], tuple[Event, ...]]:
    return step.says, step.occasions, step.events


def _number(position: EntryId) -> int:
    return int(position.split("-")[0]) if position else -1
