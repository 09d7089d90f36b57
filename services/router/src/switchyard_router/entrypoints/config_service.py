"""ConfigService: what administrators call."""

from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from switchyard.router.v1 import (
    agent_pb2,
    config_service_pb2,
    config_service_pb2_grpc,
    plan_pb2,
    queue_pb2,
)

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.agent_checks import check_agent
from switchyard_router.entrypoints.agent_reader import AgentReader
from switchyard_router.entrypoints.config_messages import script_fields
from switchyard_router.entrypoints.config_world import ConfigWorld
from switchyard_router.entrypoints.convert import (
    agent_etag,
    agent_versions_of,
    etag,
    version_of,
)
from switchyard_router.entrypoints.paging import page
from switchyard_router.entrypoints.plan_checks import PlanChecks
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.entrypoints.queue_checks import check_queue
from switchyard_router.entrypoints.references import references
from switchyard_router.service.config import ConfigWriter

_KINDS = {"queues": "queue", "agents": "agent", "routingPlans": "plan"}

type _Context = grpc.aio.ServicerContext[Any, Any]


class ConfigServicer(config_service_pb2_grpc.ConfigServiceServicer):
    """Checks, stores, returns what is stored."""

    def __init__(
        self,
        config: ConfigWriter,
        world: ConfigWorld,
        plan_checks: PlanChecks,
        agents: AgentReader,
        tenant: Tenant,
    ) -> None:
        self._config = config
        self._world = world
        self._plan_checks = plan_checks
        self._agents = agents
        self._tenant = tenant

    async def UpsertQueue(
        self, request: config_service_pb2.UpsertQueueRequest, context: _Context
    ) -> queue_pb2.Queue:
        """Store a queue."""
        queue = request.queue
        queue_id = self._tenant.parse("queues", queue.name, "queue.name")
        version = version_of(queue.etag, "queue.etag")
        queue = await self._masked("queue", queue_id, queue, request.update_mask)
        problems = Problems()
        check_queue(problems, queue, self._tenant)
        await self._world.check(problems, ("queue", queue_id), queue)
        problems.check()
        queue.etag = await self._store("queue", queue_id, queue, version, request.validate_only)
        return queue

    async def UpsertAgent(
        self, request: config_service_pb2.UpsertAgentRequest, context: _Context
    ) -> agent_pb2.Agent:
        """Store an agent's configuration; its live state is left alone."""
        agent = request.agent
        agent_id = self._tenant.parse("agents", agent.name, "agent.name")
        tag = agent.etag
        agent = await self._masked("agent", agent_id, agent, request.update_mask)
        for live in ("presence", "not_ready_reason", "next_presence", "channel_load", "state_time",
                     "occupancy_1h", "session_epoch"):  # fmt: skip
            agent.ClearField(live)
        problems = Problems()
        check_agent(problems, agent, self._tenant)
        await self._world.check(problems, ("agent", agent_id), agent)
        problems.check()
        version, _ = agent_versions_of(tag, "agent.etag")
        stored = await self._store("agent", agent_id, agent, version, request.validate_only)
        if not request.validate_only:
            return await self._agents.one(agent_id)
        agent.etag = agent_etag(int(stored[1:]), 0)
        return agent

    async def UpsertRoutingPlan(
        self, request: config_service_pb2.UpsertRoutingPlanRequest, context: _Context
    ) -> plan_pb2.RoutingPlan:
        """Store a plan."""
        plan = request.plan
        plan_id = self._tenant.parse("routingPlans", plan.name, "plan.name")
        problems = Problems()
        self._plan_checks.check(problems, plan)
        await self._world.check(problems, ("plan", plan_id), plan)
        problems.check()
        version = version_of(plan.etag, "plan.etag")
        plan.ClearField("version")
        plan.etag = await self._store("plan", plan_id, plan, version, request.validate_only)
        plan.version = int(plan.etag[1:])
        return plan

    async def Delete(
        self, request: config_service_pb2.DeleteRequest, context: _Context
    ) -> empty_pb2.Empty:
        """Delete what nothing uses."""
        collection = [*request.name.split("/"), "", "", ""][2]
        kind = _KINDS.get(collection)
        if kind is None:
            raise bad_field("name", f"name one of {', '.join(_KINDS)}", "BAD_NAME")
        resource_id = self._tenant.parse(collection, request.name, "name")
        version = (
            agent_versions_of(request.etag, "etag")[0]
            if kind == "agent"
            else version_of(request.etag)
        )
        await self._config.delete(kind, resource_id, version)
        return empty_pb2.Empty()

    async def ListQueues(
        self, request: config_service_pb2.ListQueuesRequest, context: _Context
    ) -> config_service_pb2.ListQueuesResponse:
        """Read queues by page."""
        self._tenant.check_parent(request.parent)
        ids, token = page(await self._config.ids("queue"), request.page_size, request.page_token)
        response = config_service_pb2.ListQueuesResponse(next_page_token=token)
        for record in await self._config.read("queue", ids):
            queue = queue_pb2.Queue.FromString(record.data)
            queue.etag = etag(record.version)
            response.queues.append(queue)
        return response

    async def ListRoutingPlans(
        self, request: config_service_pb2.ListRoutingPlansRequest, context: _Context
    ) -> config_service_pb2.ListRoutingPlansResponse:
        """Read plans by page."""
        self._tenant.check_parent(request.parent)
        ids, token = page(await self._config.ids("plan"), request.page_size, request.page_token)
        response = config_service_pb2.ListRoutingPlansResponse(next_page_token=token)
        for record in await self._config.read("plan", ids):
            plan = plan_pb2.RoutingPlan.FromString(record.data)
            plan.etag, plan.version = etag(record.version), record.version
            response.plans.append(plan)
        return response

    async def _store(
        self,
        kind: str,
        resource_id: str,
        message: Message,
        version: str,
        check_only: bool,
    ) -> str:
        """The etag of what is stored, or would be; what changes nothing raises no version."""
        message.ClearField("etag")
        data = message.SerializeToString(deterministic=True)
        for known in await self._config.read(kind, (resource_id,)):
            if known.data == data and version in ("", str(known.version)):
                return etag(known.version)
        stored = await self._config.upsert(
            kind,
            resource_id,
            data,
            script_fields(message),
            version=version,
            check_only=check_only,
            uses=references(message),
        )
        return etag(stored)

    async def _masked[M: Message](
        self, kind: str, resource_id: str, given: M, mask: FieldMask
    ) -> M:
        """The stored message with the mask's fields from the given one; no mask: the given one."""
        if not mask.paths:
            return given
        known = given.DESCRIPTOR.fields_by_name
        if any(path not in known for path in mask.paths):
            raise bad_field(
                "update_mask", f"names fields that {given.DESCRIPTOR.name} does not have"
            )
        stored = await self._config.read(kind, (resource_id,))
        merged = type(given).FromString(stored[0].data) if stored else type(given)()
        mask.MergeMessage(given, merged, replace_message_field=True, replace_repeated_field=True)
        merged.name = given.name  # type: ignore[attr-defined]  # every resource has a name
        return merged
