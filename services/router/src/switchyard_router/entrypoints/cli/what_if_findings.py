"""What trying something on a stored time found, as people and programs are told it."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from switchyard_report.text import Text

from switchyard_router.domain.evaluation.bootstrap import FEWEST_DAYS, Difference
from switchyard_router.service.evaluation.what_if import WhatIf

_NAMES = {
    "aht_s": Text("mean handle time, s", "平均处理时长（秒）"),
    "asa_s": Text("mean wait of the answered, s", "已接来电平均等待（秒）"),
    "service_level": Text("answered in target, share", "目标时限内接起的比例"),
    "abandonment": Text("gave up, share", "放弃比例"),
}
SPREAD = Text("spread of agents' occupancies", "座席占用率的离散度")
_ASSUMPTIONS = (
    Text(
        "Calls arrive as recorded. An agent is there until no service began for ten minutes, and"
        " can do what they did 20 times.",
        "来电按记录到达。座席若十分钟内没有开始新的服务，即视为离岗；"
        "做过 20 次的类型视为能够胜任。",
    ),
    Text(
        "Handle times are drawn from what the log says of each agent; policies know only what had"
        " happened before each day.",
        "处理时长按日志对每位座席所能说明的范围抽取；策略只知道当日之前已发生的服务。",
    ),
    Text(
        "Who gave up is as patient as then; patience of the others is drawn beyond what they waited"
        " (Kaplan and Meier 1958).",
        "当时放弃的客户耐心不变，其余客户的耐心在其实际等待之后抽取（Kaplan 与 Meier，1958）。",
    ),
    Text(
        "Every offer is answered at once, skill levels and planned breaks are unknown, and people"
        " do not change because they are asked more.",
        "每次派单都立即接听，技能等级与计划休息未知，人也不会因为被派得更多而改变。",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure under both, its difference, and as logged, where the log tells.

    `of`: the kind or queue whose figure it is, empty: all contacts.
    """

    name: Text
    difference: Difference
    logged: float | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """`said`: what moved, and what differences are worth; `rests_on`: assumptions."""

    title: Text
    columns: tuple[Text, Text]
    said: tuple[Text, ...]
    warning: Text
    figures: tuple[Finding, ...]
    rests_on: tuple[Text, ...]


def of_recording(result: WhatIf) -> Findings:
    """Of a policy on recorded days."""
    figures = [Finding(_NAMES[name], each) for name, each in result.differences.items()]
    figures += [
        Finding(wait_of(kind), each, of=kind) for kind, each in sorted(result.p95_s.items())
    ]
    return Findings(
        title=Text("Recorded days under another policy", "历史日在其他策略下的重放"),
        columns=(Text("instead of", "对照策略"), Text("policy tried", "试行策略")),
        said=_moved(result),
        warning=warning(result.days),
        figures=(*figures, Finding(SPREAD, result.spread)),
        rests_on=_ASSUMPTIONS,
    )


def wait_of(kind: str) -> Text:
    """The name of a kind's p95 wait."""
    return Text(f"p95 wait of {kind}, s", f"{kind} 的 p95 等待（秒）")


def warning(days: int) -> Text:
    """What figures are, and what their intervals know; `days`: how many were played."""
    simulated = Text(
        "This is a simulation, not what would certainly have happened.",
        "这是仿真结果，并非必然会发生的情况。",
    )
    if days >= FEWEST_DAYS:
        known = Text(
            f"Intervals are from drawing the {days} days anew: they know how these days differ.",
            f"区间由对这 {days} 天重抽样得到，包含各日之间的差别。",
        )
    else:
        known = Text(
            "Intervals are over repetitions only: another day can differ more. From"
            f" {FEWEST_DAYS} days on (--from, --to) they are of days.",
            f"区间仅反映重复仿真的波动，换一天差异可能更大；满 {FEWEST_DAYS} 天"
            "（--from、--to）起按日计算。",
        )
    return Text(f"{simulated.en} {known.en}", f"{simulated.zh}{known.zh}")


def share_of(found: Difference) -> str:
    """A share of contacts with its interval."""
    return f"{found.candidate:.1%} [{found.low:.1%}, {found.high:.1%}]"


def as_data(result: WhatIf) -> dict[str, Any]:
    """A policy's result for programs; bounds that are not known are null."""
    found: dict[str, Any] = _finite(asdict(result))
    return found | {"interval": "days" if result.by_days else "repetitions", "simulation": True}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return None if isinstance(value, float) and not isfinite(value) else value


def _moved(result: WhatIf) -> tuple[Text, ...]:
    last = "" if result.end == result.begin else f" – {result.end}"
    elsewhere, other, once = map(share_of, result.moved.values())
    return (
        Text(
            f"{result.begin}{last}: {result.calls} calls; {elsewhere} would go elsewhere:"
            f" {other} to another agent, {once} are answered in one of both cases only.",
            f"{result.begin}{last}：共 {result.calls} 通来电，其中 {elsewhere} 会去往别处："
            f"{other} 由别的座席接听，{once} 仅在其中一种情形下接通。",
        ),
    )
