"""What the bot's reports call things, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchyard_gateway.domain.journeys import NOT_UNDERSTOOD, OPEN, Stop
from switchyard_gateway.domain.sankey import MORE, Mark


@dataclass(frozen=True, slots=True)
class Words:
    """One thing in both languages."""

    en: str
    zh: str


ENDS: Mapping[str, Words] = {
    "self_served": Words("served by the bot", "机器人已办结"),
    "handed_over": Words("served by a person", "人工已接待"),
    "failed": Words("wanted a person, got none", "要人工未接通"),
    "left": Words("left before anything was done", "未办成即离开"),
    OPEN: Words("still open", "尚未结束"),
}

_FLOWS: Mapping[str, Words] = {
    "order_status": Words("order status", "查订单"),
    "change_address": Words("delivery address", "改收货地址"),
    "bill_balance": Words("bill and balance", "账单余额"),
    "payment_arrangement": Words("payment arrangement", "分期付款"),
    "ticket_create": Words("new ticket", "提交工单"),
    "ticket_status": Words("ticket status", "查工单"),
    "ticket_update": Words("add to a ticket", "补充工单"),
    "pin_reset": Words("PIN reset", "重置 PIN"),
    "opening_hours": Words("opening hours", "营业时间"),
    "branches": Words("branches", "门店"),
    "appointment": Words("appointment", "预约"),
    "callback": Words("callback", "回电"),
    "complaint": Words("complaint", "投诉"),
    "knowledge": Words("knowledge base", "知识库"),
    "survey": Words("survey", "满意度调查"),
    "verification": Words("verification", "身份核验"),
}

_INTENTS: Mapping[str, Words] = {
    NOT_UNDERSTOOD: Words("not understood", "没听懂"),
    "greet": Words("greeting", "问候"),
    "goodbye": Words("goodbye", "道别"),
    "thank": Words("thanks", "致谢"),
    "affirm": Words("yes", "肯定"),
    "deny": Words("no", "否定"),
    "ask_person": Words("asks for a person", "要求人工"),
    "abuse": Words("abuse", "辱骂"),
    "small_talk": Words("small talk", "闲聊"),
    "capabilities": Words("what can you do", "询问功能"),
    "bot_challenge": Words("are you a bot", "问是否机器人"),
    "cancel": Words("cancels", "取消"),
    "correct": Words("corrects", "更正"),
    "repeat": Words("asks to repeat", "请重复"),
    "give_details": Words("gives details", "提供信息"),
    "no_details": Words("has no details", "没有信息"),
    "change_language": Words("changes language", "切换语言"),
    "faq": Words("question", "提问"),
    "out_of_scope": Words("beyond the bot", "超出服务范围"),
    "nlu_fallback": Words("not understood", "没听懂"),
    "hand_over_failed": Words("no person to be had", "转人工未成"),
    "hand_back": Words("back from a person", "人工转回"),
    "silence": Words("silence", "沉默"),
    "file": Words("file", "文件"),
    "more": Words("…", "…"),
}

_STEPS: Mapping[str, Words] = {
    "done": Words("done", "办结"),
    "confirm": Words("confirm", "确认"),
    "unavailable": Words("system down", "系统不可用"),
    "cancelled": Words("cancelled", "已取消"),
    "correct": Words("corrects", "更正"),
    "offer.person": Words("a person offered", "提议转人工"),
    "handed_over": Words("to a person", "转人工"),
    "handed_back": Words("back from a person", "人工转回"),
    "hand_over_failed": Words("no person to be had", "转人工未成"),
    "silence": Words("silence", "沉默"),
}

_ASKED: Mapping[str, Words] = {
    "address": Words("address", "新地址"),
    "appointment": Words("appointment number", "预约编号"),
    "bill_number": Words("bill number", "账单号"),
    "branch": Words("branch", "门店"),
    "code": Words("code", "验证码"),
    "comment": Words("addition", "补充内容"),
    "contact": Words("number or e-mail", "联系方式"),
    "first_due": Words("first payment", "首期日期"),
    "instalments": Words("number of parts", "分期期数"),
    "issue": Words("what happened", "问题描述"),
    "method": Words("which proof", "核验方式"),
    "order_number": Words("order number", "订单号"),
    "phone_last4": Words("last four digits", "手机后四位"),
    "pin": Words("PIN", "PIN 码"),
    "purpose": Words("purpose", "来店事由"),
    "rating": Words("rating", "评分"),
    "resolved": Words("settled", "是否解决"),
    "ticket_number": Words("ticket number", "工单号"),
    "time": Words("time", "时间"),
    "when": Words("when", "时间"),
    "which": Words("which order", "哪个订单"),
}
"""What customers are asked for, by slot; short, for columns are narrow."""


def of_mark(mark: Mark) -> Words:
    """A node of the picture."""
    return ENDS[mark.end] if mark.end else of_stop(mark.stop or MORE)


def of_stop(stop: Stop) -> Words:
    """A stop. Names that are not known here are shown as they are."""
    if not stop.in_flow:
        return _INTENTS.get(stop.step) or _FLOWS.get(stop.step) or Words(stop.step, stop.step)
    flow, step = _known(_FLOWS, stop.flow), _step(stop.step)
    if not stop.step:
        return flow
    return Words(f"{flow.en}: {step.en}", f"{flow.zh}：{step.zh}")


def _step(step: str) -> Words:
    verb, _, subject = step.partition(".")
    if verb == "ask" and subject:
        what = _known(_ASKED, subject)
        return Words(f"{what.en}?", f"询问{what.zh}")
    return _known(_STEPS, step)


def _known(table: Mapping[str, Words], name: str) -> Words:
    return table.get(name) or Words(name.replace("_", " "), name.replace("_", " "))
