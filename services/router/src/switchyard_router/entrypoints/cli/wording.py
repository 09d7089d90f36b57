"""The words of `switchyard why`, in English and Chinese alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchyard_common.commands import Lang


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences with places to fill in, and names of what has a code."""

    sentences: Mapping[str, str]
    names: Mapping[str, str]
    joint: str

    def say(self, sentence: str, **values: object) -> str:
        """A sentence, filled in."""
        return self.sentences[sentence].format(**values)

    def name(self, code: str) -> str:
        """What people call a code; the code itself where there is no word for it."""
        return self.names.get(code, code)

    def reason(self, code: str) -> str:
        """Why somebody could not be chosen; reasons may end in a skill."""
        head, _, skill = code.partition(" ")
        if skill:
            return self.say("lacks", skill=self.skill(skill))
        return self.names.get(f"reason {head}", head)

    def skill(self, skill: str) -> str:
        """A skill, languages by their names."""
        return self.names.get(skill, skill)

    def join(self, parts: list[str]) -> str:
        """A list of parts."""
        return self.joint.join(parts)


_EN = Wording(
    {
        "contact": "Contact {id} ({external}) · queue {queue} · {channel} · {state}{reason}",
        "created": "arrived {time}",
        "language": "language {language}",
        "no_decisions": "No decision is kept: it was never offered to anybody, or long ago.",
        "decision": "{number}. {time} · waited {waited} · {policy} · plan v{plan}, step {step}",
        "model": "model {model}",
        "arm": "arm {arm}",
        "degraded": "DEGRADED: a fallback stood in for the model, or the view was stale",
        "advice": "advice only, nobody was reserved",
        "overtaken": "overtaken {count} times by then",
        "eligible": "{count} could take it",
        "chosen": "agent {agent}: chosen",
        "candidate": "agent {agent}: could have been",
        "given": "agent {agent}: better, given to contact {contact}",
        "score": "score {score} = {terms}",
        "predicted": "predicted {value}",
        "idle": "idle {value}",
        "unoffered": "last offer {value} ago",
        "busy": "busy {value} of the last hour",
        "known": "knows the customer",
        "left": "{value} to the break or end of shift",
        "skill": "{skill} {level}/10",
        "lacks": "without {skill} at the level asked for",
        "rejected": "not: {reasons}",
        "rejected_one": "{count} {reason}",
        "before": "agent {agent}: {what} {ago} ago",
        "offer": "offer: {what}",
        "offer_after": "offer: {what} after {after}",
        "offer_unknown": "offer: nothing is kept of it",
        "waits": "It waits now: {wait}.",
        "position": "place {position} in the queue",
        "likely": "half of such contacts wait at most {p50}",
        "held": "held back until {time}: its context is awaited, or re-offers back off",
        "nobody": "Nobody can take it now:",
        "somebody": "Could take it now (those before it in the queue go first):",
        "stale": "The router's view is not up to date: its store does not answer.",
        "one": "agent {agent}: {reason}",
        "more": "… and others",
        "levels": "Skill levels are those of today.",
    },
    {
        "VOICE": "call",
        "CHAT": "chat",
        "EMAIL": "e-mail",
        "CALLBACK": "callback",
        "TASK": "task",
        "VIDEO": "video call",
        "QUEUED": "waiting",
        "OFFERING": "being offered",
        "ASSIGNED": "accepted",
        "CONNECTED": "connected",
        "ON_HOLD": "on hold",
        "WRAP_UP": "paperwork",
        "COMPLETED": "completed",
        "ABANDONED": "abandoned",
        "CANCELLED": "cancelled",
        "EXPIRED": "expired",
        "PENDING": "open",
        "ACCEPTED": "accepted",
        "DECLINED": "declined",
        "TIMED_OUT": "not answered in time",
        "RESCINDED": "withdrawn",
        "FAILED": "could not be rung or joined",
        "reason QUEUE": "serving other queues",
        "reason PRESENCE": "not available",
        "reason CAPACITY": "busy with other contacts",
        "reason ENDPOINT": "without an address to ring",
        "reason OCCUPANCY": "resting: too busy in the last hour",
        "reason BREAK": "soon on a break",
        "reason SHIFT_END": "soon at the end of the shift",
        "reason SPARED": "just declined or missed it",
        "reason EXCLUDED": "excluded for this contact",
        "reason NOT_PREFERRED": "not the preferred agent, who is waited for",
        "reason EXPRESSION": "not admitted by this step of the plan",
        "reason NOT_ASKED_FOR": "not among the candidates asked for",
        "reason UNKNOWN_AGENT": "unknown",
        "longest_idle": "longest idle",
        "round_robin": "round robin",
        "least_occupied": "least occupied",
        "most_skilled": "most skilled",
        "least_flexible_first": "least flexible first",
        "fastest_mean": "fastest on average",
        "weighted": "weighted",
        "predictive": "predictive",
        "in_time": "in time",
        "handle": "handle time",
        "idle": "idle",
        "rotation": "rotation",
        "fairness": "fairness",
        "scarcity": "scarcity",
        "history": "history",
        "ending": "break or shift",
        "urgency": "urgency",
        "rescue": "can still be in time",
        "overdue": "long overdue",
        "skill": "skill",
        "lang.zh": "Mandarin",
        "lang.cmn": "Mandarin",
        "lang.yue": "Cantonese",
        "lang.en": "English",
    },
    ", ",
)

_ZH = Wording(
    {
        "contact": "联络 {id}（{external}）· 队列 {queue} · {channel} · {state}{reason}",
        "created": "到达时间 {time}",
        "language": "语言 {language}",
        "no_decisions": "没有保留任何决定：从未分派给任何坐席，或者时间太久。",
        "decision": "{number}. {time} · 已等待 {waited} · {policy} · 计划版本 {plan}，第 {step} 步",
        "model": "模型 {model}",
        "arm": "实验组 {arm}",
        "degraded": "降级：以后备方案代替模型，或视图不是最新",
        "advice": "仅为建议，未占用任何坐席",
        "overtaken": "此前被超越 {count} 次",
        "eligible": "{count} 人可以接",
        "chosen": "坐席 {agent}：选中",
        "candidate": "坐席 {agent}：也可以接",
        "given": "坐席 {agent}：更合适，已分给联络 {contact}",
        "score": "得分 {score} = {terms}",
        "predicted": "预计 {value}",
        "idle": "空闲 {value}",
        "unoffered": "上次分派在 {value} 前",
        "busy": "最近一小时忙 {value}",
        "known": "认识这位客户",
        "left": "距休息或下班 {value}",
        "skill": "{skill} {level}/10",
        "lacks": "“{skill}”未达到要求的级别",
        "rejected": "不能接：{reasons}",
        "rejected_one": "{count} 人{reason}",
        "before": "坐席 {agent}：{ago} 前{what}",
        "offer": "分派结果：{what}",
        "offer_after": "分派结果：{after} 后{what}",
        "offer_unknown": "分派结果：没有保留记录",
        "waits": "目前正在等待：{wait}。",
        "position": "队列中第 {position} 位",
        "likely": "同类联络有一半的等待不超过 {p50}",
        "held": "在 {time} 之前暂不分派：正在等待客户信息，或重新分派之间需要间隔",
        "nobody": "目前没有人可以接：",
        "somebody": "目前可以接的坐席（队列中排在前面的联络优先）：",
        "stale": "路由器的视图不是最新的：存储没有应答。",
        "one": "坐席 {agent}：{reason}",
        "more": "……以及其他人",
        "levels": "技能级别为当前的级别。",
    },
    {
        "VOICE": "电话",
        "CHAT": "聊天",
        "EMAIL": "邮件",
        "CALLBACK": "回拨",
        "TASK": "任务",
        "VIDEO": "视频通话",
        "QUEUED": "等待中",
        "OFFERING": "正在分派",
        "ASSIGNED": "已接受",
        "CONNECTED": "通话中",
        "ON_HOLD": "保持中",
        "WRAP_UP": "整理中",
        "COMPLETED": "已完成",
        "ABANDONED": "客户已放弃",
        "CANCELLED": "已取消",
        "EXPIRED": "已过期",
        "PENDING": "待应答",
        "ACCEPTED": "已接受",
        "DECLINED": "拒绝了",
        "TIMED_OUT": "超时未应答",
        "RESCINDED": "被撤回",
        "FAILED": "无法振铃或接通",
        "reason QUEUE": "服务于其他队列",
        "reason PRESENCE": "不在可用状态",
        "reason CAPACITY": "正忙于其他联络",
        "reason ENDPOINT": "没有可振铃的地址",
        "reason OCCUPANCY": "需要歇一歇：最近一小时太忙",
        "reason BREAK": "即将休息",
        "reason SHIFT_END": "即将下班",
        "reason SPARED": "刚刚拒绝或未应答",
        "reason EXCLUDED": "被排除在此联络之外",
        "reason NOT_PREFERRED": "不是正在等待的首选坐席",
        "reason EXPRESSION": "不符合计划的这一步",
        "reason NOT_ASKED_FOR": "不在所询问的候选人之中",
        "reason UNKNOWN_AGENT": "未知",
        "longest_idle": "空闲最久优先",
        "round_robin": "轮流",
        "least_occupied": "占用率最低优先",
        "most_skilled": "技能最高优先",
        "least_flexible_first": "专才优先",
        "fastest_mean": "平均最快优先",
        "weighted": "加权",
        "predictive": "预测",
        "in_time": "按时接起",
        "handle": "处理时长",
        "idle": "空闲",
        "rotation": "轮流",
        "fairness": "公平",
        "scarcity": "稀缺",
        "history": "历史",
        "ending": "休息或下班",
        "urgency": "紧迫",
        "rescue": "赶上时限",
        "overdue": "严重超时",
        "skill": "技能",
        "lang.zh": "普通话",
        "lang.cmn": "普通话",
        "lang.yue": "粤语",
        "lang.en": "英语",
    },
    "，",
)

WORDINGS: Mapping[Lang, Wording] = {Lang.EN: _EN, Lang.ZH: _ZH}
