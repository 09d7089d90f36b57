"""The three scripts: `route` waits for an agent, `event` reports, `rank` advises."""

import asyncio
from collections.abc import Mapping

import structlog
from google.protobuf.message import Message
from switchyard.router.v1 import (
    agent_service_pb2,
    contact_pb2,
    contact_service_pb2,
    routing_service_pb2,
)
from switchyard_common.logs import contact_scope

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.access import Holdings
from switchyard_router.entrypoints.fastagi.calls import PlatformCalls, Refused
from switchyard_router.entrypoints.fastagi.channel import AgiChannel, AgiRequest
from switchyard_router.entrypoints.fastagi.parameters import (
    INT64,
    contact_of,
    contact_parameters,
    full_name,
    number,
    only,
    unique_id,
)

_PREFIX = "SWITCHYARD_"
_NO_CONTACT = "CONTACT"
_CANCEL_TRIES = 8
_CANCEL_PAUSE_SECONDS = 0.5
_OVER = frozenset(
    {
        contact_pb2.WRAP_UP,
        contact_pb2.COMPLETED,
        contact_pb2.ABANDONED,
        contact_pb2.CANCELLED,
        contact_pb2.EXPIRED,
    }
)
_ALIASES = {"HANGUP": "CALLER_HANGUP"}

type Variables = Mapping[str, str]
type State = contact_pb2.ContactState


def answer(status: str, reason: str = "", **more: str) -> Variables:
    """All of the script's variables: those without a value are emptied, so that none is old."""
    values = dict.fromkeys(
        ("agent", "endpoint", "contact", "offer", "fence", "ring_seconds", "sent_to"), ""
    )
    values |= {"status": status, "reason": reason, **more}
    return {f"{_PREFIX}{name.upper()}": value for name, value in values.items()}


class Route:
    """Queues the call and waits until an agent is found, the contact ends or the caller leaves.

    A router that stops leaves the contact as it is: the dialplan asks the next router, and the same
    channel is the same contact.
    """

    def __init__(self, calls: PlatformCalls, holdings: Holdings, tenant: Tenant) -> None:
        self._calls = calls
        self._holdings = holdings
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def run(self, request: AgiRequest, channel: AgiChannel, peer: str) -> Variables:
        """Parameters besides a contact's: `wait` (offer, the default, or accept), `timeout` in
        seconds, `after`: the fence of an offer that came to nothing, `call`: the external id of a
        contact that somebody else has queued, in which case no queue is given."""
        contact_parameters(request.parameters, "wait", "timeout", "after", "call")
        accept = request.parameters.get("wait", "offer")
        if accept not in ("offer", "accept"):
            raise bad_field("wait", "give offer or accept")
        contact = await self._contact(request, peer)
        if contact is None:
            return answer("NONE")
        with contact_scope(_id(contact.name)):
            wanted = _Wanted(accept == "accept", number(request.parameters, "after", INT64))
            patience = number(request.parameters, "timeout") or None
            return await self._wait(contact.name, wanted, patience, channel, peer)

    async def _contact(self, request: AgiRequest, peer: str) -> contact_pb2.Contact | None:
        """The contact to wait with: queued now, or, without a queue, the call's own if it lives."""
        call = request.parameters.get("call", "")
        if call and not request.parameters.get("queue"):
            found = await contact_of_call(self._calls, self._tenant, call, peer)
            return None if found is None or found.state in _OVER else found
        create = contact_service_pb2.CreateContactRequest(
            parent=self._tenant.name, contact=contact_of(request, self._tenant)
        )
        queued: contact_pb2.Contact = await self._calls.call(
            "ContactService/CreateContact", create, peer
        )
        return queued

    async def _wait(
        self, name: str, wanted: "_Wanted", patience: float | None, channel: AgiChannel, peer: str
    ) -> Variables:
        watch = contact_service_pb2.WatchContactRequest(name=name)
        watching = asyncio.create_task(
            self._calls.stream("ContactService/WatchContact", watch, peer, wanted.see)
        )
        hanging_up = asyncio.create_task(channel.hang_up())
        tasks = {watching, hanging_up, asyncio.create_task(wanted.found.wait())}
        try:
            await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if wanted.found.is_set():
                return await self._found(wanted.contact, peer)
            if hanging_up.done():
                await self._withdraw(name, peer)
                hanging_up.result()
                return answer("HANGUP", contact=_id(name))
            if watching.done():
                watching.result()
            return answer("WAITING", contact=_id(name))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _found(self, contact: contact_pb2.Contact, peer: str) -> Variables:
        state = contact_pb2.ContactState.Name(contact.state)
        if not contact.current_offer:
            return answer(state, contact.reason, contact=_id(contact.name), sent_to=contact.sent_to)
        offer = await self._holdings.get_offer(_id(contact.current_offer))
        agent = await self._calls.call(
            "AgentService/GetAgent",
            agent_service_pb2.GetAgentRequest(name=self._tenant.of("agents", offer.agent)),
            peer,
        )
        return answer(
            "OFFER" if state == "OFFERING" else state,
            contact.reason,
            agent=offer.agent,
            endpoint=agent.endpoint,
            contact=_id(contact.name),
            offer=offer.id,
            fence=str(offer.fence),
            ring_seconds=str(max(1, (offer.expire_ms - offer.create_ms) // 1000)),
        )

    async def _withdraw(self, name: str, peer: str) -> None:
        """The caller left: nobody may be rung for them. Tried again while the store is away; after
        that the queue's maximum wait ends the contact."""
        cancel = contact_service_pb2.CancelContactRequest(name=name, caller_hung_up=True)
        for _ in range(_CANCEL_TRIES):
            try:
                await self._calls.call("ContactService/CancelContact", cancel, peer)
                return
            except Refused as refused:
                self._log.warning("agi_cancel_refused", reason=refused.reason)
                if refused.reason != "STATE_STORE_DOWN":
                    return
                await asyncio.sleep(_CANCEL_PAUSE_SECONDS)


class _Wanted:
    """Sees the contact's changes; `found` is set by the first that the dialplan waits for."""

    def __init__(self, accepted: bool, after_fence: int) -> None:
        self._passed = {contact_pb2.QUEUED} | ({contact_pb2.OFFERING} if accepted else set())
        self._after = after_fence
        self.found = asyncio.Event()
        self.contact = contact_pb2.Contact()

    async def see(self, message: Message) -> None:
        """One change."""
        if not isinstance(message, contact_service_pb2.ContactEvent) or self.found.is_set():
            return
        contact = message.contact
        old = contact.state == contact_pb2.OFFERING and contact.fence <= self._after
        if contact.state not in self._passed and not old:
            self.contact = contact
            self.found.set()


async def contact_of_call(
    calls: PlatformCalls, tenant: Tenant, call: str, peer: str
) -> contact_pb2.Contact | None:
    """The newest contact that has this external id; None if there is none."""
    request = contact_service_pb2.GetContactRequest(parent=tenant.name, external_id=call)
    try:
        found: contact_pb2.Contact = await calls.call("ContactService/GetContact", request, peer)
    except Refused as refused:
        if refused.reason != _NO_CONTACT:
            raise
        return None
    return found


class Event:
    """Reports what happened on the line: `event/ANSWERED`, `event/HANGUP`, …"""

    def __init__(self, calls: PlatformCalls, tenant: Tenant) -> None:
        self._calls = calls
        self._tenant = tenant

    async def run(self, request: AgiRequest, channel: AgiChannel, peer: str) -> Variables:
        """Parameters: `contact`, `offer`, `agent`, `fence` (those not given are the channel's
        variables), `cause`, and `seq` to tell repeated HOLDs apart. `call` names the contact by its
        external id instead."""
        only(request.parameters, "contact", "offer", "agent", "fence", "cause", "seq", "call")
        kind = request.script.rpartition("/")[2].upper()
        kind = _ALIASES.get(kind, kind)
        if kind not in contact_service_pb2.CallEventType.keys():  # noqa: SIM118
            raise bad_field("event", "give one of the call event types of the contract")
        known = {
            name: request.parameters.get(name) or await channel.variable(f"{_PREFIX}{name.upper()}")
            for name in ("contact", "offer", "agent", "fence")
        }
        if call := request.parameters.get("call"):
            found = await contact_of_call(self._calls, self._tenant, call, peer)
            if found is None:
                return {f"{_PREFIX}STATUS": "NONE", f"{_PREFIX}REASON": ""}
            known["contact"] = found.name
        report = contact_service_pb2.ReportCallEventRequest(
            contact=full_name(self._tenant, "contacts", known["contact"]),
            offer=full_name(self._tenant, "offers", known["offer"]),
            agent=full_name(self._tenant, "agents", known["agent"]),
            fence=number(known, "fence", INT64),
            type=contact_service_pb2.CallEventType.Value(kind),
            cause=request.parameters.get("cause", ""),
            source=f"agi/{unique_id(request)}"[:128],
            # The store tells events of a source apart by type, contact and fence as well.
            source_seq=number(request.parameters, "seq", INT64) or 1,
        )
        done = await self._calls.call("ContactService/ReportCallEvent", report, peer)
        status = "STALE" if done.stale else "DUPLICATE" if done.duplicate else "OK"
        return {
            f"{_PREFIX}STATUS": status,
            f"{_PREFIX}REASON": contact_pb2.ContactState.Name(done.contact.state),
        }


class Rank:
    """Advice for a dialplan that keeps its own queue: the best agent now. Reserves nobody."""

    def __init__(self, calls: PlatformCalls, tenant: Tenant) -> None:
        self._calls = calls
        self._tenant = tenant

    async def run(self, request: AgiRequest, channel: AgiChannel, peer: str) -> Variables:
        """Parameters besides a contact's: `candidates` (ids with commas between them), `limit`."""
        contact_parameters(request.parameters, "candidates", "limit")
        given = request.parameters.get("candidates", "")
        rank = routing_service_pb2.RankAgentsRequest(
            parent=self._tenant.name,
            contact=contact_of(request, self._tenant),
            candidate_agents=[
                full_name(self._tenant, "agents", each) for each in filter(None, given.split(","))
            ],
            limit=number(request.parameters, "limit"),
        )
        ranked = await self._calls.call("RoutingService/RankAgents", rank, peer)
        best = [_id(each.agent) for each in ranked.ranked]
        endpoint = ""
        if best:
            one = agent_service_pb2.GetAgentRequest(name=self._tenant.of("agents", best[0]))
            endpoint = (await self._calls.call("AgentService/GetAgent", one, peer)).endpoint
        return answer(
            "RANKED" if best else "NOBODY",
            "DEGRADED" if ranked.degraded else "",
            agent=best[0] if best else "",
            endpoint=endpoint,
            agents=",".join(best),
            decision=_id(ranked.decision),
        )


def _id(name: str) -> str:
    return name.rpartition("/")[2]
