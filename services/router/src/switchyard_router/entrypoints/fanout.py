"""From the event log to the streams served here: each event goes to the desktop, node and watchers it concerns."""

import asyncio
from collections import defaultdict
from typing import Any

import structlog
from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_service_pb2
from switchyard_common.errors import DomainError

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import ConfigRecord, ContactRecord, OfferRecord, StoredEvent
from switchyard_router.entrypoints import commands
from switchyard_router.entrypoints.contact_views import ContactViews
from switchyard_router.entrypoints.convert import (
    agent_message,
    contact_message,
    context_message,
    offer_message,
)
from switchyard_router.entrypoints.outbox import Outbox, StreamMeter
from switchyard_router.service.agents import OfferStore
from switchyard_router.service.board import Board, agent_live
from switchyard_router.service.store_clock import StoreClock

_BATCH = 200
_RETRY_SECONDS = 0.2

type SessionBox = Outbox[agent_service_pb2.ServerMessage]
type NodeBox = Outbox[contact_service_pb2.PbxServerMessage]
type WatchBox = Outbox[contact_service_pb2.ContactEvent]


class Fanout:
    """Subscriptions of this process, and the worker that feeds them.

    Events that concern nobody here cost a dictionary look-up. The others are worked off in
    batches: one read of the contacts and agents they name, then the messages.
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
        self._views = ContactViews(store)
        self._tenant = tenant
        self._clock = clock
        self._meter = meter
        self._sessions: dict[str, dict[int, SessionBox]] = defaultdict(dict)
        self._nodes: dict[str, dict[int, NodeBox]] = defaultdict(dict)
        self._watchers: dict[str, dict[int, WatchBox]] = defaultdict(dict)
        self._pending: asyncio.Queue[StoredEvent] = asyncio.Queue()
        self._log = structlog.stdlib.get_logger()

    def on_event(self, event: StoredEvent) -> None:
        """Keep an event for the worker if it concerns a stream served here."""
        data: dict[str, Any] = dict(event.data)
        agent = event.subject if event.type.startswith("agent.") else data.get("agent", "")
        if (
            agent in self._sessions
            or data.get("node", "") in self._nodes
            or event.subject in self._watchers
        ):
            self._pending.put_nowait(event)

    def join_session(self, agent_id: str) -> SessionBox:
        """A desktop's stream begins."""
        return self._join("session", self._sessions, agent_id)

    def join_node(self, node_id: str) -> NodeBox:
        """A platform node's stream begins."""
        return self._join("node", self._nodes, node_id)

    def join_watch(self, contact_id: str) -> WatchBox:
        """A watcher's stream begins."""
        return self._join("watch", self._watchers, contact_id)

    def leave(self, box: Outbox[Any]) -> None:
        """A stream ended."""
        for kind, table in self._tables():
            for key, boxes in list(table.items()):
                if boxes.pop(id(box), None) is not None:
                    self._meter.subscribed(kind, -1)
                if not boxes:
                    del table[key]

    def close_all(self, error: DomainError) -> None:
        """End every stream, for instance when this process drains."""
        for _, table in self._tables():
            for boxes in list(table.values()):
                for box in list(boxes.values()):
                    box.close(error)

    def _tables(self) -> tuple[tuple[str, dict[str, dict[int, Any]]], ...]:
        return ("session", self._sessions), ("node", self._nodes), ("watch", self._watchers)

    async def run(self) -> None:
        """Feed the streams until cancelled."""
        while True:
            batch = [await self._pending.get()]
            while len(batch) < _BATCH and not self._pending.empty():
                batch.append(self._pending.get_nowait())
            await self._load(batch)
            for event in batch:
                self._deliver(event)

    def _join[M](self, kind: str, table: dict[str, dict[int, Outbox[M]]], key: str) -> Outbox[M]:
        box: Outbox[M] = Outbox(kind, self._meter)
        table[key][id(box)] = box
        self._meter.subscribed(kind, 1)
        return box

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
        elif (record := self._views.at(event)) is not None:
            if family == "offer":
                self._deliver_offer(event, record)
            elif family == "contact":
                self._deliver_contact(event, record)

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
        agent = agent_message(config, agent_live(event), self._tenant)
        for box in list(boxes.values()):
            box.put(agent_service_pb2.ServerMessage(resume_token=event.id, agent=agent))

    def _deliver_offer(self, event: StoredEvent, record: ContactRecord) -> None:
        now = self._clock.now_ms()
        offer = offer_message(_offer(event), self._tenant, now)
        boxes = self._sessions.get(str(event.data["agent"]), {})
        if boxes and offer.state == agent_pb2.PENDING:
            offer.context.CopyFrom(context_message(record, now))
        for box in list(boxes.values()):
            box.put(agent_service_pb2.ServerMessage(resume_token=event.id, offer=offer))
        command = commands.for_offer(event, record, self._board, self._tenant)
        if command is not None:
            self._command(event, record, command)

    def _deliver_contact(self, event: StoredEvent, record: ContactRecord) -> None:
        message = contact_message(record, self._tenant)
        change = contact_service_pb2.ContactEvent(resume_token=event.id, contact=message)
        change.time.FromMilliseconds(event.time_ms)
        for box in list(self._sessions.get(str(event.data["agent"]), {}).values()):
            box.put(agent_service_pb2.ServerMessage(resume_token=event.id, contact=message))
        for watcher in list(self._watchers.get(event.subject, {}).values()):
            watcher.put(change)
        for node in list(self._nodes.get(record.node, {}).values()):
            node.put(contact_service_pb2.PbxServerMessage(resume_token=event.id, contact=change))
        command = commands.for_contact(event, record)
        if command is not None:
            self._command(event, record, command)

    def _command(
        self, event: StoredEvent, record: ContactRecord, command: contact_service_pb2.Command
    ) -> None:
        """To the node that holds the contact, and to watchers: a platform may do with either."""
        change = contact_service_pb2.ContactEvent(resume_token=event.id, command=command)
        change.contact.CopyFrom(contact_message(record, self._tenant))
        change.time.FromMilliseconds(event.time_ms)
        for watcher in list(self._watchers.get(event.subject, {}).values()):
            watcher.put(change)
        for node in list(self._nodes.get(record.node, {}).values()):
            node.put(contact_service_pb2.PbxServerMessage(resume_token=event.id, contact=change))


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


def _superseded(token: str, epoch: int, device: str) -> agent_service_pb2.ServerMessage:
    """Tells sessions older than `epoch` that they are over; the session handler compares epochs."""
    message = agent_service_pb2.ServerMessage(resume_token=token)
    message.superseded.by_device = device
    message.superseded.session_epoch = epoch
    return message
