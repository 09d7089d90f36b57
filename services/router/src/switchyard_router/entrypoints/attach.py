"""Attach: one stream per platform node, multiplexing all its contacts."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

import structlog
from switchyard.router.v1 import contact_service_pb2
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.grpc_errors import STATUS_CODES
from switchyard_common.logs import contact_scope

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import ContactRecord
from switchyard_router.domain.states import WHOLE_AGENT
from switchyard_router.entrypoints import commands
from switchyard_router.entrypoints.call_events import call_event, short
from switchyard_router.entrypoints.convert import contact_message, is_news
from switchyard_router.entrypoints.fanout import Fanout, NodeBox
from switchyard_router.entrypoints.hello import first_message
from switchyard_router.entrypoints.outbox import CAN_BATCH
from switchyard_router.entrypoints.wait_news import WaitNews
from switchyard_router.service.agents import OfferStore
from switchyard_router.service.board import Board
from switchyard_router.service.contacts import ContactStore
from switchyard_router.service.leases import HEARTBEAT_SECONDS, LEASE_SECONDS, LeaseKeeper
from switchyard_router.service.nodes import NodeStore
from switchyard_router.service.store_clock import StoreClock

_GRACE_MS = 5_000
"""A contact created while the hello was on its way is not among those it names."""
_MOST_LIVE = 50_000
_BATCH = 500
_MOST_EVENTS_AT_ONCE = 200

type Up = AsyncIterator[contact_service_pb2.PbxMessage]


class NodeStreams:
    """Serves platform nodes and applies their events."""

    def __init__(
        self,
        contacts: ContactStore,
        offers: OfferStore,
        nodes: NodeStore,
        board: Board,
        wait_news: WaitNews,
        fanout: Fanout,
        leases: LeaseKeeper,
        clock: StoreClock,
        tenant: Tenant,
    ) -> None:
        self._contacts = contacts
        self._offers = offers
        self._nodes = nodes
        self._board = board
        self._wait_news = wait_news
        self._fanout = fanout
        self._leases = leases
        self._clock = clock
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def report(
        self, request: contact_service_pb2.ReportCallEventRequest, node: str = ""
    ) -> contact_service_pb2.ReportCallEventResponse:
        """Apply one call event; late and repeated ones are answered OK.

        `node`: it came on that node's stream, which brings the changed contact anyway.
        """
        event = call_event(request, node or request.source, self._tenant)
        with contact_scope(event.contact):
            code, record = await self._contacts.report(event, read=not node)
            self._log.info("call_event", kind=event.kind, fence=event.fence, outcome=code)
        response = contact_service_pb2.ReportCallEventResponse(
            duplicate=code == "DUPLICATE", stale=code == "STALE", source_seq=request.source_seq
        )
        if record is not None:
            response.contact.CopyFrom(contact_message(record, self._tenant))
        elif node:
            response.contact.name = request.contact
        return response

    async def serve(self, up: Up) -> AsyncGenerator[contact_service_pb2.PbxServerMessage]:
        """One node's stream, from hello to its end. When it breaks, the lease runs on."""
        hello = await _hello(up)
        self._tenant.check_parent(hello.parent, "hello.parent")
        box = self._fanout.join_node(hello.node)
        try:
            with box.serving():
                async with aclosing(self._talk(up, hello, box)) as messages:
                    async for message in messages:
                        yield message
        finally:
            self._fanout.leave_node(hello.node, box)
            self._log.info("node_detached", node=hello.node)

    async def _talk(
        self, up: Up, hello: contact_service_pb2.PbxHello, box: NodeBox
    ) -> AsyncGenerator[contact_service_pb2.PbxServerMessage]:
        epoch, reconcile = await self._attach(hello)
        key = ("node", hello.node, epoch)
        self._leases.hold(key, lambda why: box.close(_lost(why)))
        self._leases.heard(key)
        tasks: list[asyncio.Task[None]] = []
        try:
            yield contact_service_pb2.PbxServerMessage(reconcile=reconcile)
            told: dict[str, int] = {}
            async for change, version in self._present(hello.node):
                told[change.contact.name] = version
                yield contact_service_pb2.PbxServerMessage(contact=change)
            tasks = [
                box.run(self._listen(up, hello.node, key, box)),
                box.run(self._wait_news.run(hello.node, box.put_when_read)),
            ]
            async for ready in box.drain():
                # What was told as the present may come again as news from before.
                news = [message for message in ready if _is_new(message, told)]
                for message in _pack(news, CAN_BATCH in hello.capabilities):
                    yield message
        finally:
            for task in tasks:
                task.cancel()
            self._leases.drop(key)

    async def _attach(
        self, hello: contact_service_pb2.PbxHello
    ) -> tuple[int, contact_service_pb2.Reconcile]:
        parse = self._tenant.parse
        if len(hello.live_contacts) > _MOST_LIVE:
            raise bad_field("hello.live_contacts", f"a node may hold {_MOST_LIVE} contacts")
        live = [
            parse("contacts", name, f"hello.live_contacts[{index}]")
            for index, name in enumerate(hello.live_contacts)
        ]
        epoch, unknown, missing = await self._nodes.attach_node(
            hello.node, short(hello.kind), int(LEASE_SECONDS * 1000), _GRACE_MS, live
        )
        self._log.info(
            "node_attached", node=hello.node, kind=hello.kind, epoch=epoch,
            unknown_to_router=len(unknown), unknown_to_pbx=len(missing),
        )  # fmt: skip
        of = self._tenant.of
        reconcile = contact_service_pb2.Reconcile(
            unknown_to_router=[of("contacts", name) for name in unknown],
            unknown_to_pbx=[of("contacts", name) for name in missing],
        )
        reconcile.heartbeat_interval.FromMilliseconds(int(HEARTBEAT_SECONDS * 1000))
        reconcile.lease.FromMilliseconds(int(LEASE_SECONDS * 1000))
        return epoch, reconcile

    async def _listen(self, up: Up, node: str, key: tuple[str, str, int], box: NodeBox) -> None:
        """Work off what the node says until it says no more.

        Events begin in the node's order and the store applies them in the order in which they
        began, but none waits for the answer to the one before.
        """
        room = asyncio.Semaphore(_MOST_EVENTS_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                async for message in up:
                    self._leases.heard(key)
                    await room.acquire()
                    task = group.create_task(self._hear(message, node, box))
                    task.add_done_callback(lambda _: room.release())
            box.close()
        except* DomainError as errors:
            box.close(_first(errors))

    async def _hear(self, message: contact_service_pb2.PbxMessage, node: str, box: NodeBox) -> None:
        body = message.WhichOneof("body")
        if body == "event":
            try:
                answer = await self.report(message.event, node)
            except DomainError as error:
                box.put_soon(_rejection(message.seq, error))
                return
            box.put_soon(contact_service_pb2.PbxServerMessage(ack=answer))
        elif body == "heartbeat":
            answer_time = contact_service_pb2.Heartbeat(client_ms=message.heartbeat.client_ms)
            box.put_soon(contact_service_pb2.PbxServerMessage(heartbeat=answer_time))
        elif body == "hello":
            box.put(
                _rejection(message.seq, bad_field("hello", "is sent once, as the first message"))
            )

    async def _present(
        self, node: str
    ) -> AsyncIterator[tuple[contact_service_pb2.ContactEvent, int]]:
        """Each live contact of the node with the command that is due for it, and its version."""
        ids = await self._nodes.contacts_of_node(node)
        for start in range(0, len(ids), _BATCH):
            for record in await self._offers.get_many(ids[start : start + _BATCH]):
                if record is None:
                    continue
                change = contact_service_pb2.ContactEvent(
                    contact=contact_message(record, self._tenant)
                )
                command = await self._due_command(record)
                if command is not None:
                    change.command.CopyFrom(command)
                yield change, record.version

    async def _due_command(self, record: ContactRecord) -> contact_service_pb2.Command | None:
        if record.channel not in WHOLE_AGENT or record.state not in ("OFFERING", "ASSIGNED"):
            return None
        # The same id as long as the fence is the same: a node that did it already ignores it.
        again = f"{record.id}/{record.fence}/again"
        if record.state == "ASSIGNED":
            return commands.join(
                again, record, record.offer, record.agent, record.fence, self._board, self._tenant
            )
        offer = await self._offers.get_offer(record.offer)
        return commands.ring(
            again, offer.id, offer.agent, offer.fence, offer.expire_ms,
            self._clock.now_ms(), self._board, self._tenant,
        )  # fmt: skip


def _is_new(message: contact_service_pb2.PbxServerMessage, told: Mapping[str, int]) -> bool:
    if message.WhichOneof("body") != "contact":
        return True
    return is_news(message.contact, told.get(message.contact.contact.name, -1))


def _pack(
    messages: list[contact_service_pb2.PbxServerMessage], together: bool
) -> list[contact_service_pb2.PbxServerMessage]:
    if not together or len(messages) < 2:
        return messages
    batch = contact_service_pb2.PbxBatch(messages=messages)
    return [contact_service_pb2.PbxServerMessage(batch=batch)]


def _first(errors: BaseExceptionGroup[DomainError]) -> DomainError:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, DomainError)
    return error


async def _hello(up: Up) -> contact_service_pb2.PbxHello:
    hello: contact_service_pb2.PbxHello = await first_message(up)
    if not 1 <= len(hello.node) <= 64 or ":" in hello.node:
        raise bad_field(
            "hello.node", "give the node's own stable id, 1 to 64 characters without ':'"
        )
    return hello


def _lost(why: str) -> DomainError:
    if why == "SUPERSEDED":
        return DomainError(
            kind=ErrorKind.ABORTED,
            reason="SESSION_SUPERSEDED",
            message="another stream of this node took over",
        )
    return DomainError(
        kind=ErrorKind.ABORTED,
        reason="LEASE_LAPSED",
        message="no heartbeat within the lease; attach again, naming the live contacts",
    )


def _rejection(seq: int, error: DomainError) -> contact_service_pb2.PbxServerMessage:
    message = contact_service_pb2.PbxServerMessage()
    message.rejection.in_reply_to = seq
    message.rejection.code = STATUS_CODES[error.kind].value[0]
    message.rejection.reason = error.reason
    message.rejection.message = error.message
    return message
