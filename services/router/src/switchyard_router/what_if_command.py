"""`switchyard whatif`: a recorded day again under a changed policy, or under whole plans."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from switchyard_common.commands import TenantOption
from switchyard_report.page import write
from switchyard_report.text import Language, Text

from switchyard_router.adapters.models.call_log import LogUnreadable
from switchyard_router.adapters.recorded_calls import recorded_calls
from switchyard_router.entrypoints.cli import what_if_page, what_if_plans
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.reach import Reach, RouterOption, ask, reach
from switchyard_router.service.evaluation.recorded import (
    Call,
    NothingToPlay,
    date_of,
    recorded,
)
from switchyard_router.service.evaluation.what_if import (
    PlanRefused,
    WhatIf,
    change_of,
    what_if,
)

_NAMES = {
    "aht_s": Text("mean handle time, s", "平均处理时长（秒）"),
    "asa_s": Text("mean wait of the answered, s", "已接来电平均等待（秒）"),
    "service_level": Text("answered in target, share", "目标时限内接起的比例"),
    "abandonment": Text("gave up, share", "放弃比例"),
}
_WARNING = Text(
    "This is a simulation of one day, not what would certainly have happened: presence is inferred"
    " from services, handle times are drawn. The intervals are over its repetitions only; another"
    " day can differ more.",
    "这是对某一天的仿真，并非必然发生的结果：在岗时间由服务记录推断，处理时长为抽样。"
    "区间仅反映重复仿真的波动，换一天差异可能更大。",
)


def whatif(
    plan: Annotated[
        Path, typer.Argument(help="YAML: plans as for config apply; or policy, weights …")
    ],
    log: Annotated[Path | None, typer.Option(help="A call log, or a directory of them.")] = None,
    history: Annotated[str, typer.Option(help="Or the history, by its SQL URL.")] = "",
    tenant: TenantOption = "demo",
    time_zone: Annotated[str, typer.Option(help="Whose clock cuts a history into days.")] = "UTC",
    day: Annotated[
        str, typer.Option(help="yyyy-mm-dd; none: the log's last, of plans yesterday.")
    ] = "",
    replications: Annotated[int, typer.Option(min=2, max=1000, help="Of plans at most 100.")] = 30,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    router: RouterOption = "127.0.0.1:7101",
    html: Annotated[Path | None, typer.Option(help="Write a page, for plans.")] = None,
    as_data: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of texts.")] = "en",
) -> None:
    """Play a recorded day under other plans or another policy, and tell how it would differ.

    Plans are played by a running router on its own event log; a policy on a call log or history.
    """
    try:
        content = yaml.safe_load(plan.read_text(encoding="utf-8"))
        if what_if_plans.is_configuration(content):
            if log is not None or history:
                raise PlanRefused("plans are played on the router's own log: give --router alone")
            span = what_if_plans.span_of(day, time_zone, datetime.now(UTC))
            _plans(plan, span, reach(router, tenant), replications, seed, html, as_data, lang)
            return
        if html is not None:
            raise PlanRefused("--html: there is a page for plans only")
        change = change_of(content)
        calls: list[Call] = list(recorded_calls(log, history, tenant, time_zone))
        date = day or max((date_of(call.joined) for call in calls), default="")
        result = what_if(recorded(calls, date, date), change, replications, seed)
    except (
        BadFile, LogUnreadable, NothingToPlay, PlanRefused, OSError, ValueError, yaml.YAMLError,
    ) as error:  # fmt: skip
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_data:
        typer.echo(json.dumps(asdict(result) | {"simulation": True}))
        return
    typer.echo("\n".join(_lines(result, lang)))


def _plans(
    path: Path,
    span: what_if_plans.Span,
    way: Reach,
    replications: int,
    seed: int,
    html: Path | None,
    as_data: bool,
    lang: Language,
) -> None:
    with Console(stderr=True).status("…") as status:
        result = ask(
            what_if_plans.simulated(
                way, path, span, replications, seed,
                lambda done, of: status.update(f"{done} / {of}"),
            ),
            1,
        )  # fmt: skip
    if html is not None:
        write(what_if_page.page(result, span), html, lang)
    if as_data:
        found = MessageToDict(
            result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        typer.echo(json.dumps(found | {"simulation": True}))
        return
    typer.echo("\n".join(what_if_page.lines(result, span, lang)))


def _lines(result: WhatIf, lang: Literal["en", "zh"]) -> list[str]:
    moved = Text(
        f"{result.date}: {result.calls} calls; {result.elsewhere:.1%} would go elsewhere",
        f"{result.date}：共 {result.calls} 通来电，其中 {result.elsewhere:.1%} 会去往别处",
    )
    return [
        _WARNING.told(lang),
        moved.told(lang),
        *(
            f"{_NAMES[name].told(lang)}: {each.baseline:.3f} → {each.candidate:.3f}"
            f"  [{each.low:+.3f}, {each.high:+.3f}]"
            for name, each in result.differences.items()
        ),
    ]
