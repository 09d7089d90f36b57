"""What a routing plan must hold before it is stored."""

from switchyard.router.v1 import plan_pb2

from switchyard_router.domain.expressions import BadExpression, ExpressionCompiler
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.checks import check_duration, check_requirement
from switchyard_router.entrypoints.config_limits import (
    check_count,
    check_size,
    check_target,
    check_whole,
)
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.entrypoints.queue_checks import check_policy

_MOST_STEPS = 20
_MOST_NEEDS = 20
_MOST_PRIORITY = 10
_AIMS = ("queue", "agent", "external")


class PlanChecks:
    """Checks plans; expressions are compiled for that."""

    def __init__(self, compiler: ExpressionCompiler, tenant: Tenant) -> None:
        self._compiler = compiler
        self._tenant = tenant

    def check(self, problems: Problems, plan: plan_pb2.RoutingPlan) -> None:
        """Note everything that keeps a plan from being followed."""
        check_size(problems, plan, "plan")
        if not 1 <= len(plan.steps) <= _MOST_STEPS:
            problems.add("plan.steps", f"give 1 to {_MOST_STEPS} steps")
        for index, step in enumerate(plan.steps[:_MOST_STEPS]):
            self._step(problems, step, f"plan.steps[{index}]")
        if plan.HasField("overflow"):
            check_target(problems, plan.overflow, "plan.overflow", _AIMS, self._tenant)
        _check_reach(problems, plan)

    def _step(self, problems: Problems, step: plan_pb2.RoutingStep, path: str) -> None:
        check_count(problems, step.skills, f"{path}.skills", _MOST_NEEDS)
        for number, requirement in enumerate(step.skills[:_MOST_NEEDS]):
            with problems.caught():
                check_requirement(requirement, f"{path}.skills[{number}]")
        if step.HasField("target"):
            self._target(problems, step.target, f"{path}.target")
        self._expiry(problems, step, f"{path}.expires_after")
        if step.skip_if:
            try:
                self._compiler.condition(step.skip_if)
            except BadExpression as error:
                problems.add(f"{path}.skip_if", str(error), "BAD_EXPRESSION")
        if step.order_by:
            check_policy(problems, step.order_by, f"{path}.order_by")
        bounds = (-_MOST_PRIORITY, _MOST_PRIORITY)
        check_whole(problems, step.priority_delta, f"{path}.priority_delta", *bounds)
        if step.max_parallel_offers not in (0, 1):
            fix = "one offer at a time is all that is built; leave it empty"
            problems.add(f"{path}.max_parallel_offers", fix, "NOT_BUILT")

    def _target(self, problems: Problems, target: plan_pb2.Target, path: str) -> None:
        if target.WhichOneof("kind") != "expression":
            check_target(problems, target, path, ("expression", *_AIMS), self._tenant)
            return
        try:
            self._compiler.agents(target.expression)
        except BadExpression as error:
            problems.add(f"{path}.expression", str(error), "BAD_EXPRESSION")

    def _expiry(self, problems: Problems, step: plan_pb2.RoutingStep, path: str) -> None:
        if not step.HasField("expires_after"):
            return
        with problems.caught():
            check_duration(step.expires_after, path)
        if step.expires_after.seconds == 0 and 0 <= step.expires_after.nanos < 1_000_000:
            problems.add(path, "give at least a millisecond, or leave it out: for ever")


def _check_reach(problems: Problems, plan: plan_pb2.RoutingPlan) -> None:
    """What comes after a step that never ends is a mistake."""
    for index, step in enumerate(plan.steps):
        if step.HasField("expires_after") or step.skip_if:
            continue
        last = index == len(plan.steps) - 1
        if not last:
            fix = "the steps after this one are never reached: say when it expires, or remove them"
            problems.add(f"plan.steps[{index}].expires_after", fix)
        elif plan.HasField("overflow"):
            fix = "is never reached: say when the last step expires"
            problems.add("plan.overflow", fix)
        return
