"""What the figures of a simulation rest on, for people who read English or Chinese."""

from dataclasses import dataclass

from switchyard_router.domain.recording import Left, Recording


@dataclass(frozen=True, slots=True)
class Assumption:
    """The same statement in both languages."""

    en: str
    zh: str


def assumptions(recording: Recording) -> tuple[Assumption, ...]:
    """What was assumed in playing a recording."""
    return (*_counted(recording), *_ALWAYS)


def _counted(recording: Recording) -> tuple[Assumption, ...]:
    every = len(recording.contacts)
    ended = sum(one.left is not Left.OPEN for one in recording.contacts)
    talked = sum(one.talk_ms > 0 for one in recording.contacts)
    gave_up = sum(one.left is Left.ABANDONED for one in recording.contacts)
    return (
        Assumption(
            f"{every} contacts arrive as logged; {ended} of them left the queue before the log"
            " ended.",
            f"{every} 个联系按日志到达，其中 {ended} 个在日志结束前离开队列。",
        ),
        Assumption(
            f"Times in conversation are drawn from {talked} logged ones of the same queue and"
            " channel, scaled by agents' shrunk means; the same draw holds under both regimes.",
            f"通话时长从同一队列与渠道的 {talked} 次已记录通话中抽取，再按座席的收缩均值缩放；"
            "两种配置使用相同的抽样。",
        ),
        Assumption(
            f"{gave_up} customers gave up; they have the same patience again, all others are drawn"
            " one beyond their logged wait (Kaplan and Meier 1958).",
            f"{gave_up} 位客户当时放弃，其耐心不变；其余客户的耐心在其已记录的等待之后抽取"
            "（Kaplan 与 Meier，1958）。",
        ),
    )


_ALWAYS = (
    Assumption(
        "Agents have today's skills, queues and capacity, or those that are tried, and want"
        " contacts when they did then.",
        "座席的技能、队列与容量取当前配置或试行配置，愿意接待的时段与当时相同。",
    ),
    Assumption(
        "Agents answer after the queue's mean time from offer to conversation, and decline, or let"
        " it ring for the queue's ring time, as often as each of them did in the log, by chance.",
        "座席在该队列从派单到通话的平均时间之后接听；拒接、或振铃到该队列的振铃时限为止，"
        "其频率与每位座席在日志中的相同，随机发生。",
    ),
    Assumption(
        "Times of not being ready after missed offers are kept as logged, whoever misses now.",
        "漏接之后的未就绪时段保持日志原样，不论现在是谁漏接。",
    ),
    Assumption(
        "Paperwork takes the queue's logged mean; where another wrap-up time is tried, the same"
        " share of it.",
        "话后处理取该队列的日志均值；若试行另一话后时限，则按相同比例取用。",
    ),
    Assumption(
        "Answered in target counts each configuration's own target.",
        "“目标时限内接起”按各自配置的目标时限计算。",
    ),
    Assumption(
        "Expected handle times are shrunk means of agent and type of contact from the same log,"
        " under both regimes; the model is not asked.",
        "两种配置下的预计处理时长都是同一日志中座席与联系类型的收缩均值，不调用模型。",
    ),
    Assumption(
        "Attributes of contacts are not in the log: conditions that read them find nothing.",
        "日志中没有联系的属性：读取属性的条件不会命中。",
    ),
)
