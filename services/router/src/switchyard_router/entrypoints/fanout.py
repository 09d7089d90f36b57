"""From the event log to the streams served here: desktops, platform nodes and watchers."""

import asyncio
from typing import Any

import structlog
from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_pb2, contact_service_pb2
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import ConfigRecord, ContactRecord, OfferRecord, StoredEvent
from switchyard_router.entrypoints import commands
from switchyard_router.entrypoints.contact_views import ContactView, ContactViews
from switchyard_router.entrypoints.convert import (
    agent_message,
    context_message,
    offer_message,
)
from switchyard_router.entrypoints.outbox import Outbox, StreamMeter
from switchyard_router.service.agents import OfferStore
from switchyard_router.service.board import Board, agent_live
from switchyard_router.service.store_clock import StoreClock

_BATCH = 200
_MOST_PENDING = 50_000
_MOST_WAITING = 512
_MOST_WAITING_NODE = 20_000
_RETRY_SECONDS = 0.2

type SessionBox = Outbox[agent_service_pb2.ServerMessage]
type NodeBox = Outbox[contact_service_pb2.PbxServerMessage]
type WatchBox = Outbox[contact_service_pb2.ContactEvent]


class Fanout:
    """Subscriptions of this process, and the worker that feeds them.

    Events that concern nobody here cost a few dictionary look-ups. Those of a contact that a
    stream followed before are not left out: whoever follows it next must not be told what it was.
    The others are worked off in
    batches: one read of what is not known of them, then the messages. When more of them wait than
    can be kept, all streams end, and their clients read the present state anew.
    """

    def __init__(
        self,
        board: Board,
        store: OfferStore,
        tenant: Tenant,
        clock: StoreClock,
        meter: StreamMeter,
    ) -> None:
        self._board = board
        self._views = ContactViews(store, tenant)
        self._tenant = tenant
        self._clock = clock
        self._meter = meter
        self._sessions: dict[str, dict[int, SessionBox]] = {}
        self._nodes: dict[str, dict[int, NodeBox]] = {}
        self._watchers: dict[str, dict[int, WatchBox]] = {}
        self._latest: dict[str, contact_service_pb2.ContactEvent] = {}
        self._pending: asyncio.Queue[StoredEvent] = asyncio.Queue(_MOST_PENDING)
        self._over: DomainError | None = None
        self._log = structlog.stdlib.get_logger()

    def on_event(self, event: StoredEvent) -> None:
        """Keep an event for the worker if it concerns a stream served here."""
        data: dict[str, Any] = dict(event.data)
        agent = event.subject if event.type.startswith("agent.") else data.get("agent", "")
        if (
            agent in self._sessions
            or data.get("node", "") in self._nodes
            or event.subject in self._watchers
            or event.subject in self._views
        ):
            try:
                self._pending.put_nowait(event)
            except asyncio.QueueFull:
                self.start_over()

    def know(self, record: ContactRecord) -> None:
        """A contact was created here: a stream that follows it need not read it again."""
        if record.node in self._nodes:
            self._views.know(record)

    def join_session(self, agent_id: str) -> SessionBox:
        """A desktop's stream begins."""
        return self._join("session", self._sessions, agent_id, _MOST_WAITING)

    def join_node(self, node_id: str) -> NodeBox:
        """A platform node's stream begins; it carries all contacts of the node."""
        return self._join("node", self._nodes, node_id, _MOST_WAITING_NODE)

    def join_watch(self, contact_id: str) -> WatchBox:
        """A watcher's stream begins."""
        return self._join("watch", self._watchers, contact_id, _MOST_WAITING)

    def leave_session(self, agent_id: str, box: SessionBox) -> None:
        """A desktop's stream ended."""
        self._leave("session", self._sessions, agent_id, box)

    def leave_node(self, node_id: str, box: NodeBox) -> None:
        """A platform node's stream ended."""
        self._leave("node", self._nodes, node_id, box)

    def leave_watch(self, contact_id: str, box: WatchBox) -> None:
        """A watcher's stream ended."""
        self._leave("watch", self._watchers, contact_id, box)

    def stop(self, error: DomainError) -> None:
        """End every stream, and each that was let in before and begins only now."""
        self._over = error
        self._close_all(error)

    def start_over(self) -> None:
        """Events were missed: end every stream, so that its client reads the present state anew."""
        if self._sessions or self._nodes or self._watchers:
            self._log.error("streams_start_over")
        while not self._pending.empty():
            self._pending.get_nowait()
        self._views.forget()
        self._close_all(_missed())

    async def run(self) -> None:
        """Feed the streams until cancelled."""
        while True:
            batch = [await self._pending.get()]
            while len(batch) < _BATCH and not self._pending.empty():
                batch.append(self._pending.get_nowait())
            await self._load(batch)
            self._latest.clear()
            for event in batch:
                self._deliver(event)

    def _close_all(self, error: DomainError) -> None:
        tables: tuple[dict[str, dict[int, Any]], ...] = (
            self._sessions,
            self._nodes,
            self._watchers,
        )
        for box in [box for table in tables for boxes in table.values() for box in boxes.values()]:
            box.close(error)

    def _join[M](
        self, kind: str, table: dict[str, dict[int, Outbox[M]]], key: str, most: int
    ) -> Outbox[M]:
        box: Outbox[M] = Outbox(kind, most, self._meter)
        table.setdefault(key, {})[id(box)] = box
        self._meter.subscribed(kind, 1)
        if self._over is not None:
            box.close(self._over)
        return box

    def _leave[M](
        self, kind: str, table: dict[str, dict[int, Outbox[M]]], key: str, box: Outbox[M]
    ) -> None:
        boxes = table.get(key, {})
        if boxes.pop(id(box), None) is not None:
            self._meter.subscribed(kind, -1)
        if not boxes:
            table.pop(key, None)

    async def _load(self, batch: list[StoredEvent]) -> None:
        while True:
            try:
                return await self._views.load(batch)
            except DomainError as error:
                self._log.warning("fanout_waits_for_store", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)

    def _deliver(self, event: StoredEvent) -> None:
        family = event.type.partition(".")[0]
        if family == "agent":
            self._deliver_agent(event)
        elif (view := self._views.at(event)) is not None:
            if family == "offer":
                self._deliver_offer(event, view)
            elif family == "contact":
                self._deliver_contact(event, view)

    def _deliver_agent(self, event: StoredEvent) -> None:
        boxes = self._sessions.get(event.subject)
        row = self._board.agents.row(event.subject)
        if not boxes or row is None:
            return
        if event.type == "agent.session_opened":
            epoch, device = int(str(event.data["epoch"])), str(event.data["device"])
            for box in list(boxes.values()):
                box.put(_superseded(event.id, epoch, device))
            return
        profile = self._board.agents.profiles[row]
        config = ConfigRecord(profile.id, profile.version, profile.encoded)
        agent = agent_message(config, agent_live(event), self._tenant, event.time_ms)
        for box in list(boxes.values()):
            box.put(agent_service_pb2.ServerMessage(resume_token=event.id, agent=agent))

    def _deliver_offer(self, event: StoredEvent, view: ContactView) -> None:
        boxes = self._sessions.get(str(event.data["agent"]))
        if boxes:
            now = self._clock.now_ms()
            offer = offer_message(_offer(event), self._tenant, now)
            if offer.state == agent_pb2.PENDING:
                offer.context.CopyFrom(context_message(view.record, now))
            for box in list(boxes.values()):
                box.put(agent_service_pb2.ServerMessage(resume_token=event.id, offer=offer))
        command = commands.for_offer(event, view, self._board, self._tenant)
        if command is not None:
            self._tell_platform(event, view, command)

    def _deliver_contact(self, event: StoredEvent, view: ContactView) -> None:
        boxes = self._sessions.get(view.agent)
        if boxes and view.message.state != contact_pb2.OFFERING:  # the offer says it all
            for box in list(boxes.values()):
                box.put(
                    agent_service_pb2.ServerMessage(resume_token=event.id, contact=view.message)
                )
        command = commands.for_contact(event, view, self._board, self._tenant)
        self._tell_platform(event, view, command)

    def _tell_platform(
        self,
        event: StoredEvent,
        view: ContactView,
        command: contact_service_pb2.Command | None,
    ) -> None:
        """To the node that holds the contact, and to watchers: a platform may do with either.

        A command and the change that came with it, in one step of the store, are one message.
        """
        watchers, nodes = self._watchers.get(event.subject), self._nodes.get(view.node)
        if not watchers and not nodes:
            return
        known = self._latest.pop(event.subject, None)
        if known is not None and _of_one_step(known, event, command):
            self._bring_up_to_date(known, event, view, command)
            return
        message = contact_service_pb2.PbxServerMessage()
        self._bring_up_to_date(message.contact, event, view, command)
        message.resume_token = event.id
        for node in list((nodes or {}).values()):
            node.put(message)
        for watcher in list((watchers or {}).values()):
            watcher.put(message.contact)
        self._latest[event.subject] = message.contact

    @staticmethod
    def _bring_up_to_date(
        change: contact_service_pb2.ContactEvent,
        event: StoredEvent,
        view: ContactView,
        command: contact_service_pb2.Command | None,
    ) -> None:
        change.resume_token = event.id
        change.contact.CopyFrom(view.message)
        change.time.FromMilliseconds(event.time_ms)
        if command is not None:
            change.command.CopyFrom(command)


def _of_one_step(
    change: contact_service_pb2.ContactEvent,
    event: StoredEvent,
    command: contact_service_pb2.Command | None,
) -> bool:
    """Whether one of the two is a state and the other its command; states are never left out."""
    return (
        change.HasField("command") == (command is None)
        and change.time.ToMilliseconds() == event.time_ms
    )


def _offer(event: StoredEvent) -> OfferRecord:
    data: dict[str, Any] = dict(event.data)
    return OfferRecord(
        id=data["offer"],
        contact=data["contact"],
        agent=data["agent"],
        state=data["state"],
        fence=int(data["fence"]),
        create_ms=event.time_ms if event.type == "offer.created" else 0,
        expire_ms=int(data.get("expire_ms", 0)),
        channel=data["channel"],
        queue=data["queue"],
        decision=data.get("decision", ""),
    )


def _missed() -> DomainError:
    return DomainError(
        kind=ErrorKind.UNAVAILABLE,
        reason="EVENTS_MISSED",
        message="this router missed events; connect again, the state comes anew",
        retry_after_seconds=1.0,
    )


def _superseded(token: str, epoch: int, device: str) -> agent_service_pb2.ServerMessage:
    """Tells sessions older than `epoch` that they are over; the session handler compares epochs."""
    message = agent_service_pb2.ServerMessage(resume_token=token)
    message.superseded.by_device = device
    message.superseded.session_epoch = epoch
    return message
