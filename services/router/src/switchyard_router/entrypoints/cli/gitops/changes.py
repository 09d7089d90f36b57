"""What differs between files and a router, whether it may be, and making it so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from switchyard.router.v1 import config_service_pb2, config_service_pb2_grpc
from switchyard_common.errors import FieldViolation
from switchyard_common.grpc_errors import field_violations_of, reason_of

from switchyard_router.domain.routes import Node, circle
from switchyard_router.entrypoints.cli.gitops.export import plain
from switchyard_router.entrypoints.cli.gitops.files import Key, Wanted
from switchyard_router.entrypoints.cli.reach import Calls
from switchyard_router.entrypoints.config_world import references, way_text

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """`before` or `after` is None where the resource is made or deleted."""

    key: Key
    before: Any
    after: Any

    def lines(self) -> Iterator[str]:
        """The change for people: one line for each field that differs."""
        kind, resource_id = self.key
        if self.after is None:
            yield f"- {kind} {resource_id}"
            return
        yield f"{'+' if self.before is None else '~'} {kind} {resource_id}"
        before = {} if self.before is None else dict(_flat(plain(self.before)))
        after = dict(_flat(plain(self.after)))
        for path in sorted(before.keys() | after.keys()):
            old, new = before.get(path, _MISSING), after.get(path, _MISSING)
            if old != new:
                was = "" if old is _MISSING else f"{old!r} -> "
                yield f"    {path}: {was}{'(nothing)' if new is _MISSING else repr(new)}"


def changes(there: Mapping[Key, Any], wanted: Wanted, *, prune: bool) -> list[Change]:
    """What to make, to change, and with `prune` to delete; by kind and id."""
    found = [
        Change(key, there.get(key), message)
        for key, message in sorted(wanted.messages.items())
        if there.get(key) != message
    ]
    if prune:
        found += [Change(key, there[key], None) for key in sorted(there.keys() - wanted.messages)]
    return found


class Applying:
    """Checks and makes changes over the public contract."""

    def __init__(self, calls: Calls, wanted: Wanted, there: Mapping[Key, Any]) -> None:
        self._calls = calls
        self._wanted = wanted
        self._after = {**there, **wanted.messages}
        self._stub = config_service_pb2_grpc.ConfigServiceStub(calls.channel)

    async def problems(self, change: Change) -> list[str]:
        """What the router would refuse, by file and line.

        What is missing there and described in the files is no problem: it is made first.
        """
        try:
            await self._upsert(change.key, change.after, validate_only=True)
        except grpc.aio.AioRpcError as error:
            violations = field_violations_of(error)
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT or not violations:
                raise
            return [self._told(change.key, v) for v in violations if not self._mended(change, v)]
        return []

    def circles(self, found: list[Change]) -> list[str]:
        """Ways that would lead contacts in a circle once everything is applied, each once."""
        routes, told, seen = self._routes(), list[str](), set[frozenset[Node]]()
        for change in found:
            way = circle(routes, change.key) if change.key in routes else []
            if not way or frozenset(way) in seen:
                continue
            seen.add(frozenset(way))
            named = {(kind, name): path for path, kind, name in references(change.after)}
            violation = FieldViolation(named[way[1]], way_text(way), "CIRCULAR_OVERFLOW")
            told.append(self._told(change.key, violation))
        return told

    async def apply(self, found: list[Change], etags: Mapping[Key, str]) -> list[str]:
        """Make the changes in an order in which everything exists that is named.

        Queues first, new ones bare; then agents, who name queues; then plans, which name agents,
        queues and skills; then queues with all they have; at last what is deleted.
        """
        made: list[str] = []
        kept = [change for change in found if change.after is not None]
        for change in kept:
            if change.key[0] == "queue" and change.before is None:
                await self._upsert(change.key, change.after, mask=("display_name",))
        for kind in ("agent", "plan", "queue"):
            for change in [change for change in kept if change.key[0] == kind]:
                tag = etags.get(change.key, "")
                await self._upsert(change.key, change.after, tag=tag)
                made.append(f"{'changed' if change.before else 'made'} {kind} {change.key[1]}")
        gone = [change for change in found if change.after is None]
        return made + await self._delete(gone)

    async def _delete(self, gone: list[Change]) -> list[str]:
        """Whatever is still used by something that goes too is tried again after it."""
        deleted: list[str] = []
        refusals = 0
        while gone:
            change = gone.pop(0)
            try:
                request = config_service_pb2.DeleteRequest(name=change.before.name)
                await self._calls(self._stub.Delete, request)
            except grpc.aio.AioRpcError as error:
                refusals += 1
                if reason_of(error) != "IN_USE" or refusals > len(gone):
                    raise  # everything that is left was tried since the last one went
                gone.append(change)
                continue
            refusals = 0
            deleted.append(f"deleted {change.key[0]} {change.key[1]}")
        return deleted

    async def _upsert(
        self,
        key: Key,
        message: Any,
        *,
        tag: str = "",
        mask: tuple[str, ...] = (),
        validate_only: bool = False,
    ) -> None:
        sent = type(message).FromString(message.SerializeToString())
        sent.etag = tag
        paths = FieldMask(paths=mask)
        if key[0] == "plan":
            plan = config_service_pb2.UpsertRoutingPlanRequest(
                plan=sent, validate_only=validate_only
            )
            await self._calls(self._stub.UpsertRoutingPlan, plan)
        elif key[0] == "queue":
            queue = config_service_pb2.UpsertQueueRequest(
                queue=sent, validate_only=validate_only, update_mask=paths
            )
            await self._calls(self._stub.UpsertQueue, queue)
        else:
            agent = config_service_pb2.UpsertAgentRequest(
                agent=sent, validate_only=validate_only, update_mask=paths
            )
            await self._calls(self._stub.UpsertAgent, agent)

    def _told(self, key: Key, violation: FieldViolation) -> str:
        place = self._wanted.place(key, violation.field)
        reason = f" [{violation.reason}]" if violation.reason else ""
        return f"{place}: {violation.field}: {violation.description}{reason}"

    def _mended(self, change: Change, violation: FieldViolation) -> bool:
        """Whether the other changes take away what the router finds wrong now."""
        if violation.reason == "UNKNOWN_REFERENCE":
            named = {path: (kind, name) for path, kind, name in references(change.after)}
            return named.get(violation.field) in self._wanted.messages
        if violation.reason == "UNKNOWN_SKILL":
            return self._skill_at(change.after, violation.field) in self._skills()
        # Circles are looked for in all that there will be, see `circles`.
        return violation.reason == "CIRCULAR_OVERFLOW"

    def _skills(self) -> set[str]:
        agents = [message for (kind, _), message in self._after.items() if kind == "agent"]
        return {skill for agent in agents for skill in agent.skills}

    def _skill_at(self, plan: Any, path: str) -> str:
        paths: dict[str, str] = {
            f"plan.steps[{index}].skills[{number}].skill": need.skill
            for index, step in enumerate(plan.steps)
            for number, need in enumerate(step.skills)
        }
        return paths.get(path, "")

    def _routes(self) -> dict[Node, list[Node]]:
        return {
            key: [(kind, name) for _, kind, name in references(message) if kind != "agent"]
            for key, message in self._after.items()
            if key[0] != "agent"
        }


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _flat(below, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _flat(below, f"{path}[{index}]")
    else:
        yield path, value
