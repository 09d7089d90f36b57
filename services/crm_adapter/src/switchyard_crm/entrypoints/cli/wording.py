"""The words of `switchyard crm whois`, in English and Chinese alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from switchyard_common.commands import Lang


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences with places to fill in, names of what has a code, and what stands between words.

    A code without a name is shown as it is.
    """

    sentences: Mapping[str, str]
    names: Mapping[str, str]
    joint: str

    def say(self, sentence: str, **values: object) -> str:
        """A sentence, filled in."""
        return self.sentences[sentence].format(**values)

    def name(self, code: str) -> str:
        """What a code is called."""
        return self.names.get(code, code)

    def all(self, codes: Iterable[str]) -> str:
        """Several, by name."""
        return self.joint.join(self.name(code) for code in codes)


_EN = {
    "caller": "It is nobody's number, but that of: {caller}.",
    "NONE": "Nobody is known by that.",
    "SHARED_NUMBER": "Many people share that: it identifies nobody. {evidence}",
    "AMBIGUOUS": "Several customers may be meant; ask for something else that only one knows:",
    "candidate": "  {customer}  {confidence:.0%}  {evidence}",
    "found": "{customer}  sure to {confidence:.0%}: {evidence}",
    "nameless": "(no name known)",
    "language": "language",
    "tier": "tier",
    "birth_date": "born",
    "address": "address",
    "phones": "phone",
    "emails": "e-mail",
    "handles": "handle",
    "since": "customer since {day}",
    "from": "{source}, {day}",
    "routing": "{contacts} contacts in 7 days, {cases} open cases; last spoke to {agents}",
    "nobody": "nobody",
    "orders": "Orders",
    "bills": "Bills",
    "cases": "Open cases",
    "timeline": "What happened",
    "due": "due {day}",
    "self-service": "self-service",
    "sources": "Sources: {sources}",
    "missing": "Not there in time: {missing}",
}
_ZH = {
    "caller": "这不是某个人的号码，而是：{caller}。",
    "NONE": "没有查到任何人。",
    "SHARED_NUMBER": "很多人共用，不能说明是谁。{evidence}",
    "AMBIGUOUS": "可能是以下几位客户之一；请再问一项只有一人知道的信息：",
    "candidate": "  {customer}  {confidence:.0%}  {evidence}",
    "found": "{customer}  把握 {confidence:.0%}：{evidence}",
    "nameless": "（姓名未知）",
    "language": "语言",
    "tier": "等级",
    "birth_date": "生日",
    "address": "地址",
    "phones": "电话",
    "emails": "邮箱",
    "handles": "账号",
    "since": "{day} 成为客户",
    "from": "{source}，{day}",
    "routing": "7 天内联系 {contacts} 次，未结工单 {cases} 个；最近接待：{agents}",
    "nobody": "无",
    "orders": "订单",
    "bills": "账单",
    "cases": "未结工单",
    "timeline": "往来记录",
    "due": "{day} 到期",
    "self-service": "自助",
    "sources": "来源：{sources}",
    "missing": "未能及时取得：{missing}",
}
_NAMES_ZH = {
    "phone equal": "电话相同",
    "email equal": "邮箱相同",
    "handle equal": "账号相同",
    "source record equal": "来源编号相同",
    "order number equal": "订单号相同",
    "customer id equal": "客户编号相同",
    "emergency service": "紧急或公共服务电话",
    "carrier": "电信运营商",
    "public hotline": "公共服务热线",
    "company hotline": "企业客服热线",
    "message sender": "短信平台号",
    "placed": "已下单",
    "packed": "已打包",
    "shipped": "已发货",
    "delivered": "已送达",
    "cancelled": "已取消",
    "returned": "已退货",
    "open": "未结",
    "paid": "已付",
    "overdue": "逾期",
    "pending": "处理中",
    "resolved": "已解决",
    "closed": "已关闭",
    "low": "低",
    "normal": "普通",
    "high": "高",
    "urgent": "紧急",
    "FRESH": "实时",
    "CACHED": "缓存",
    "STALE": "过期缓存",
    "TIMEOUT": "超时",
    "OPEN": "熔断",
    "ERROR": "出错",
    "NOT_CONFIGURED": "未配置",
    "PROFILE": "资料",
    "ORDERS": "订单",
    "BILLS": "账单",
    "OPEN_CASES": "未结工单",
    "TIMELINE": "往来记录",
    "ROUTING": "路由提示",
    "VOICE": "电话",
    "CHAT": "在线聊天",
    "EMAIL": "邮件",
}
WORDS: Mapping[Lang, Wording] = {
    Lang.EN: Wording(_EN, {}, ", "),
    Lang.ZH: Wording(_ZH, _NAMES_ZH, "、"),
}
