"""A run as a page in both languages: verdict, tables, and what was seen over time."""

from collections import Counter
from collections.abc import Iterator, Sequence

from switchyard_report.page import Block, Page, Section, Text, Tone, note, picture, table, write

from tests.soak import meters
from tests.soak.findings import Findings, Judged
from tests.soak.growth import Verdict
from tests.soak.pictures import FAULT, one_each, over_time

__all__ = ("page", "write")

_EXAMPLES = 10
MEASURES = {
    "memory": Text("Own memory, MB", "自有内存（MB）"),
    "descriptors": Text("Open descriptors", "打开的描述符"),
    "threads": Text("Threads", "线程"),
    "lasting keys": Text("Keys that never expire", "永不过期的键"),
    "events behind": Text("Events not read or not finished", "未读或未处理完的事件"),
}
_PICTURED = {
    "keys": Text("All keys", "全部键"),
    meters.WAITING: Text("Contacts waiting", "等待中的联络"),
    meters.EVENT_LAG: Text(
        "Age of events when routers see them, s", "路由器看到事件时的延迟（秒）"
    ),
}
_VERDICTS = {
    Verdict.STEADY: Text("steady", "平稳"),
    Verdict.UNDECIDED: Text("undecided", "无法判定"),
    Verdict.GROWS: Text("grows", "增长"),
    Verdict.TOO_SHORT: Text("too short to judge", "时间太短，不判定"),
}
_KINDS = {
    "lost contacts": Text("Lost contacts", "丢失的联络"),
    "double assignments": Text("Double assignments", "重复分配"),
    "state against log": Text("State differs from the event log", "状态与事件日志不符"),
    "router invariants": Text("Routers' invariants", "路由器的不变量"),
    "events left behind": Text("Events left behind at the end", "结束时未处理的事件"),
    "ended by themselves": Text("Processes that ended by themselves", "自行结束的进程"),
    "not up at the end": Text("Processes not up at the end", "结束时未运行的进程"),
}
_DONE = {"killed": Text("killed", "杀死"), "paused": Text("paused for 5 s", "暂停 5 秒")}


def page(found: Findings) -> Page:
    """The report."""
    sections = (_result(found), _growth(found), *_pictures(found), _happened(found))
    return Page(Text("Soak run", "浸泡测试"), sections)


def _result(found: Findings) -> Section:
    minutes, contacts = found.seconds / 60, sum(found.contacts.values())
    verdict = (
        note(Text("Nothing grows, nothing was lost.", "没有增长，没有丢失。"), Tone.GOOD)
        if found.sound
        else note(Text("Something is wrong; see below.", "有问题，见下文。"), Tone.WARNING)
    )
    facts = note(
        Text(
            f"{minutes:.1f} minutes of load, {contacts} contacts, "
            f"{len(found.recorded.marks)} faults"
            + ("; ended early by hand." if found.interrupted else "."),
            f"负载 {minutes:.1f} 分钟，联络 {contacts} 个，故障 {len(found.recorded.marks)} 次"
            + ("；被人提前结束。" if found.interrupted else "。"),
        )
    )
    head = (Text("Must not be", "不应出现"), Text("Found", "数量"))
    rows = [(_KINDS[kind], len(problems)) for kind, problems in found.broken.items()]
    return Section(Text("Result", "结论"), (verdict, facts, table(head, rows), *_examples(found)))


def _examples(found: Findings) -> Iterator[Block]:
    for problems in found.broken.values():
        for problem in problems[:_EXAMPLES]:
            yield note(Text(problem, problem), Tone.WARNING)


def _growth(found: Findings) -> Section:
    head = (
        Text("Measure", "指标"),
        Text("Of", "对象"),
        Text("Now", "现值"),
        Text("Growth per hour", "每小时增长"),
        Text("from", "下限"),
        Text("to (99 %)", "上限（99 %）"),
        Text("Budget", "预算"),
        Text("Smallest found", "可发现的最小增长"),
        Text("Verdict", "判定"),
    )
    explained = note(
        Text(
            "Median of the slopes between all pairs of points (Theil–Sen), within one life of a "
            "process and after its warm-up, with a block-bootstrap interval. It grows when the "
            "whole interval is above the budget.",
            "取所有点对之间斜率的中位数（Theil–Sen），只在进程的一次生命之内、预热之后比较；区间来自分块自助法。"
            "整个区间高于预算才判为增长。",
        )
    )
    rows = [_row(one) for one in sorted(found.judged, key=_worst_first)]
    return Section(Text("Growth", "增长"), (explained, table(head, rows)))


def _worst_first(one: Judged) -> tuple[int, str, str]:
    order = (Verdict.GROWS, Verdict.UNDECIDED, Verdict.STEADY, Verdict.TOO_SHORT)
    return order.index(one.growth.verdict), one.measure, one.of


def _row(one: Judged) -> Sequence[Text | str | float | None]:
    growth, budget = one.growth, round(one.budget, 1)
    told = (MEASURES[one.measure], one.of, round(one.now, 1))
    if growth.verdict is Verdict.TOO_SHORT:
        return (*told, None, None, None, budget, None, _VERDICTS[growth.verdict])
    numbers = (round(x, 1) for x in (growth.per_hour, growth.low, growth.high))
    return (*told, *numbers, budget, round(one.smallest_found, 1), _VERDICTS[growth.verdict])


def _pictures(found: Findings) -> Iterator[Section]:
    recorded = found.recorded
    for measure, title in (MEASURES | _PICTURED).items():
        if names := list(recorded.names(measure)):
            apart = measure == "memory"
            figure = one_each(recorded, measure) if apart else over_time(recorded, measure, names)
            yield Section(title, (picture(figure, title, (FAULT,)),))


def _happened(found: Findings) -> Section:
    faults = table(
        (Text("Second", "秒"), Text("Fault", "故障"), Text("Process", "进程")),
        [(round(mark.at), _DONE[mark.what], mark.whom) for mark in found.recorded.marks],
    )
    ends = _counted(Text("Contacts that ended as", "联络的结局"), found.contacts)
    customers = _counted(
        Text("How customers' chats and calls ended", "客户聊天与通话的结局"), found.customers
    )
    errors = _counted(Text("Errors logged; not judged", "日志中的错误（不判定）"), found.errors)
    return Section(Text("What happened", "经过"), (faults, ends, customers, errors))


def _counted(what: Text, counted: Counter[str]) -> Block:
    return table((what, Text("Number", "数量")), counted.most_common())
