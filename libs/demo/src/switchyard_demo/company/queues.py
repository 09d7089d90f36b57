"""The company's queues and their routing plans."""

from switchyard_demo.company.model import PlanStep, Queue, RoutingPlan, SkillNeed, Text

ORDERS, BILLING, TECHNICAL, COMPLAINTS, GENERAL = (
    "orders",
    "billing",
    "technical",
    "complaints",
    "general",
)
TEAMS = (ORDERS, BILLING, TECHNICAL, COMPLAINTS, GENERAL)
"""Every queue has a team of the same name."""

SERVICE_LEVEL_TARGET_SECONDS = 20
SERVICE_LEVEL_GOAL = 0.8


def _queue(
    queue: str,
    name: Text,
    plan: tuple[PlanStep, ...],
    *,
    wrap_up_seconds: int,
    max_wait_seconds: int = 1800,
    rona_limit: int = 2,
) -> Queue:
    return Queue(
        id=queue,
        display_name=name,
        plan=RoutingPlan(queue, plan),
        service_level_target_seconds=SERVICE_LEVEL_TARGET_SECONDS,
        service_level_goal=SERVICE_LEVEL_GOAL,
        ring_timeout_seconds=15,
        wrap_up_seconds=wrap_up_seconds,
        rona_limit=rona_limit,
        max_wait_seconds=max_wait_seconds,
        max_size=200,
    )


def _plan(skill: str, *levels: tuple[int, int, int | None]) -> tuple[PlanStep, ...]:
    """Steps from (level of the skill, level of the language, seconds until the next step)."""
    return tuple(
        PlanStep((SkillNeed(skill, level),), language_level, expires)
        for level, language_level, expires in levels
    )


def make_queues() -> tuple[Queue, ...]:
    """The five queues. The first steps ask for experts, the last ones for anybody who can help."""
    return (
        _queue(
            ORDERS,
            Text("订单与物流", "Orders and delivery"),
            _plan("orders", (6, 6, 20), (4, 5, 40), (2, 4, None)),
            wrap_up_seconds=20,
        ),
        _queue(
            BILLING,
            Text("账单与付款", "Bills and payments"),
            _plan("billing", (6, 6, 20), (4, 5, 40), (2, 4, None)),
            wrap_up_seconds=25,
        ),
        _queue(
            TECHNICAL,
            Text("技术支持", "Technical support"),
            _plan("technical", (7, 6, 30), (5, 5, 60), (3, 4, None)),
            wrap_up_seconds=40,
            max_wait_seconds=2700,
        ),
        _queue(
            COMPLAINTS,
            Text("投诉与建议", "Complaints"),
            _plan("complaints", (8, 7, 15), (6, 6, 30), (4, 4, None)),
            wrap_up_seconds=60,
            max_wait_seconds=2700,
            rona_limit=1,
        ),
        _queue(
            GENERAL,
            Text("综合咨询与在线客服", "General enquiries and chat"),
            _plan("sales", (4, 5, 20), (1, 4, None)),
            wrap_up_seconds=15,
        ),
    )
