"""Contacts that an agent has, or had: the router is asked, whatever a header says."""

from datetime import UTC

import grpc
import structlog
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2_grpc import ContactServiceStub
from switchyard_common.clock import Clock
from switchyard_common.request_id import outgoing_metadata
from switchyard_platform.names import Names, id_of
from switchyard_platform.node import PlatformNode

from switchyard_phone.domain.language import spoken
from switchyard_phone.service.surveys import NoSurvey, Served

_CALL_SECONDS = 2.0
_WITH_AGENT = frozenset({contact_pb2.CONNECTED, contact_pb2.ON_HOLD})
_SERVED = _WITH_AGENT | {contact_pb2.WRAP_UP, contact_pb2.COMPLETED}
_NOT_THERE = frozenset({grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT})


class RouterContacts:
    """The port ServedContacts."""

    def __init__(
        self, channel: grpc.aio.Channel, node: PlatformNode, names: Names, clock: Clock
    ) -> None:
        self._stub = ContactServiceStub(channel)
        self._node = node
        self._names = names
        self._clock = clock
        self._log = structlog.stdlib.get_logger()

    async def served(self, contact: str) -> Served:
        """One contact, if it is this tenant's and an agent has or had it; NoSurvey."""
        name = contact if "/" in contact else self._names.of("contacts", contact)
        if name != self._names.of("contacts", id_of(name)):
            raise NoSurvey("unknown")  # another tenant's, or no contact's name at all
        found = await self._get(name)
        if found.state not in _SERVED or not found.assigned_agent:
            raise NoSurvey("not_served")
        since = found.state_time.ToDatetime(tzinfo=UTC)
        return Served(
            contact=found.name,
            queue=found.queue,
            agent=id_of(found.assigned_agent),
            conversation=id_of(found.handoff.conversation) or id_of(found.name),
            language=spoken(found.language),
            with_agent=found.state in _WITH_AGENT,
            offer=found.current_offer,
            fence=found.fence,
            seconds=(self._clock.now() - since).total_seconds(),
        )

    def agent_left(self, served: Served) -> None:
        """The PBX has sent the caller back: the agent's leg is over."""
        leg = pb.Bridge(
            offer=served.offer, agent=self._names.of("agents", served.agent), fence=served.fence
        )
        self._node.report(pb.AGENT_HANGUP, served.contact, leg, "CALLER_SENT_BACK")

    async def _get(self, name: str) -> contact_pb2.Contact:
        try:
            return await self._stub.GetContact(
                pb.GetContactRequest(name=name), timeout=_CALL_SECONDS, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            if error.code() in _NOT_THERE:
                raise NoSurvey("unknown") from error
            self._log.warning("survey_not_checked", code=error.code().name)
            raise NoSurvey("unavailable") from error
