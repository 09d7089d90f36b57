"""The words of `switchyard ab`, in English and Chinese alike."""

from switchyard_report.text import Text

from switchyard_router.domain.experiments.verdict import Verdict

VERDICTS = {
    Verdict.MISMATCH: Text(
        "Stop: the arms came in other shares than they were dealt. Nothing below can be believed"
        " until that is explained.",
        "停止：各组的实际比例与分配的不符。查明原因之前，下面的结果都不可信。",
    ),
    Verdict.TOO_FEW: Text(
        "Too early: each arm needs 50 units before anything can be said.",
        "为时过早：每组至少要有 50 个单位才能下结论。",
    ),
    Verdict.HARM: Text(
        "Stop: the new arm does harm, whenever one looks.",
        "停止：新组确有害处，无论何时查看都成立。",
    ),
    Verdict.BETTER: Text(
        "Better: a difference is shown, and looking often has not made it.",
        "更好：差异成立，且不是因为反复查看造成的。",
    ),
    Verdict.FUTILE: Text(
        "Stop: no lift worth having; what may be left is smaller than that.",
        "停止：没有值得的提升；即使还有差异，也小于设定的门槛。",
    ),
    Verdict.NO_DIFFERENCE_YET: Text(
        "No difference yet: go on, or stop and keep the old arm.",
        "尚无差异：可以继续，也可以停止并保留旧组。",
    ),
}

METRICS = {
    "handle": Text("handle time, s (talk and wrap-up, 10 s or more)", "处理时长（秒，不计短通话）"),
    "wait": Text("wait, s", "等待时长（秒）"),
    "abandoned": Text("share not answered", "未接通比例"),
    "level": Text("share answered in target", "达标接通比例"),
    "short": Text("share of calls under 10 s", "10 秒以下通话比例"),
    "occupancy": Text("occupancy", "占用率"),
}

ONE_STEP = Text(
    "One step only: how a contact is handled changes who is free for the next one, and that is not"
    " in these numbers. They overstate what a whole centre gains, in a model of one by 1.7 times at"
    " half load and 4 times at nine tenths; let a live comparison by turns decide.",
    "只算一步：一次分配会影响下一次有谁空闲，这里没有计入，"
    "因此会高估整个中心的收益（模型中半负载时为 1.7 倍，九成负载时为 4 倍）；"
    "请以轮流方式的线上比较为准。",
)
SHARED_AGENTS = Text(
    "Arms were dealt by contact and share agents: what one arm does to the agents, the other feels."
    " A gain in handle time is overstated, as by a one-step estimate; waits and occupancy cannot be"
    " told apart. Confirm it by turns (arm_period) before switching everything.",
    "两组按联络分流、共用座席：一组对座席的影响另一组也会感受到。处理时长的收益会被高估，"
    "与只算一步的估计相同；等待与占用率则无法区分。全面切换之前，请用轮流方式（arm_period）确认。",
)
UNITS = {True: Text("turns", "时段"), False: Text("contacts", "联络")}
TOO_FEW = Text("too few", "样本不足")
LOOK_SAFE = Text("look-safe interval", "任意时刻有效的区间")
