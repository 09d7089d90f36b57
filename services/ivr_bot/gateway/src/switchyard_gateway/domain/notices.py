"""What Switchyard itself says to a customer, in Chinese and English."""

from enum import StrEnum


class Notice(StrEnum):
    """Stable names of system messages."""

    LOOKING_FOR_AGENT = "looking_for_agent"
    AGENT_JOINED = "agent_joined"
    AGENT_LOST = "agent_lost"
    AGENT_ENDED = "agent_ended"
    HANDED_BACK = "handed_back"
    LEFT_QUEUE = "left_queue"
    LEFT_AGENT = "left_agent"
    NOBODY_ANSWERED = "nobody_answered"
    CONTACT_LOST = "contact_lost"
    ROUTER_DOWN = "router_down"
    QUEUE_CLOSED = "queue_closed"
    QUEUE_FULL = "queue_full"
    BOT_FAILED = "bot_failed"
    CLOSED = "closed"
    CLOSED_IDLE = "closed_idle"
    BOT_RETURNS = "bot_returns"
    WAITING_MENU = "waiting_menu"
    STILL_WAITING = "still_waiting"
    CALLBACK_NUMBER = "callback_number"
    CALLBACK_BAD_NUMBER = "callback_bad_number"
    CALLBACK_BOOKED = "callback_booked"
    CALLBACK_FAILED = "callback_failed"


_EN = {
    Notice.LOOKING_FOR_AGENT: "We are looking for a colleague who can help you.",
    Notice.AGENT_JOINED: "{name} has joined the chat.",
    Notice.AGENT_LOST: "Your colleague lost the connection. We are finding you another one; "
    "you keep your place.",
    Notice.AGENT_ENDED: "The conversation with our colleague has ended.",
    Notice.HANDED_BACK: "Our colleague has passed you back to the assistant.",
    Notice.LEFT_QUEUE: "You have left the queue.",
    Notice.LEFT_AGENT: "The customer has ended the conversation with our colleague.",
    Notice.NOBODY_ANSWERED: "We are sorry: all our colleagues were busy for too long. "
    "Please try again later.",
    Notice.CONTACT_LOST: "We are sorry: the connection to our colleagues was lost. "
    "Please ask for a colleague once more.",
    Notice.ROUTER_DOWN: "Our colleagues cannot be reached at the moment. Nothing is lost.",
    Notice.QUEUE_CLOSED: "Our colleagues are not at work at the moment.",
    Notice.QUEUE_FULL: "Too many customers are waiting for our colleagues right now.",
    Notice.BOT_FAILED: "Sorry, the assistant cannot answer right now. Your message is kept. "
    "Please try again, or talk to a colleague.",
    Notice.CLOSED: "This chat is closed. Thank you for talking to us.",
    Notice.CLOSED_IDLE: "As nothing was said for a while, this chat is closed. "
    "Start a new one whenever you like.",
    Notice.BOT_RETURNS: "One moment please: the assistant is just coming back. "
    "Your message is not lost.",
    Notice.WAITING_MENU: "You are in the queue for a colleague.",
    Notice.STILL_WAITING: "All right, you keep your place. A colleague will be with you.",
    Notice.CALLBACK_NUMBER: "Which number shall we call? You keep your place in the queue.",
    Notice.CALLBACK_BAD_NUMBER: "We cannot call that number. Please write it with its area code, "
    "for instance 138 0013 8000, or from abroad with + and the country code.",
    Notice.CALLBACK_BOOKED: "Thank you. We call you back as soon as it is your turn; "
    "you need not wait here.",
    Notice.CALLBACK_FAILED: "We are sorry: the call back could not be booked. "
    "You keep your place here; please try again in a minute.",
}

_ZH = {
    Notice.LOOKING_FOR_AGENT: "正在为您寻找可以帮助您的同事。",
    Notice.AGENT_JOINED: "{name}已加入会话。",
    Notice.AGENT_LOST: "客服同事的连接中断了，正在为您另找一位，您的排队位置保留。",
    Notice.AGENT_ENDED: "人工服务已结束。",
    Notice.HANDED_BACK: "客服同事已将您转回智能助手。",
    Notice.LEFT_QUEUE: "您已离开排队。",
    Notice.LEFT_AGENT: "客户已结束与客服同事的对话。",
    Notice.NOBODY_ANSWERED: "非常抱歉，客服同事一直很忙，没能接待您，请稍后再试。",
    Notice.CONTACT_LOST: "非常抱歉，与客服同事的连接已中断，请重新转接人工客服。",
    Notice.ROUTER_DOWN: "暂时无法联系到客服同事，您的信息没有丢失。",
    Notice.QUEUE_CLOSED: "现在不是人工服务时间。",
    Notice.QUEUE_FULL: "当前等待人工服务的客户过多。",
    Notice.BOT_FAILED: "非常抱歉，智能助手暂时无法回答。您的消息已保存，"
    "请稍后再试，或转接人工客服。",
    Notice.CLOSED: "会话已结束，感谢您的联系。",
    Notice.CLOSED_IDLE: "由于长时间没有新消息，本次会话已结束。如有需要，欢迎随时再次联系。",
    Notice.BOT_RETURNS: "请稍候，智能助手正在恢复，您的消息没有丢失。",
    Notice.WAITING_MENU: "您正在排队等待客服同事。",
    Notice.STILL_WAITING: "好的，为您保留排队位置，客服同事马上为您服务。",
    Notice.CALLBACK_NUMBER: "请问回电号码是多少？您的排队位置会保留。",
    Notice.CALLBACK_BAD_NUMBER: "这个号码无法拨打，请填写完整号码（含区号），"
    "例如 138 0013 8000；境外号码请加 + 和国家代码。",
    Notice.CALLBACK_BOOKED: "已为您预约回电，轮到您时我们会马上致电，您无需在此等待。",
    Notice.CALLBACK_FAILED: "非常抱歉，回电预约没有成功。您的排队位置仍然保留，请一分钟后再试。",
}

_UNNAMED_AGENT = {"en": "A colleague", "zh": "客服同事"}


def spoken(language: str) -> str:
    """The language of texts for a BCP 47 tag: zh, or en for everything else."""
    return "zh" if language.lower().split("-")[0] == "zh" else "en"


def text_of(notice: Notice, language: str, name: str = "") -> str:
    """The notice in the customer's language; `name` is the agent's, where one is mentioned."""
    tongue = spoken(language)
    texts = _ZH if tongue == "zh" else _EN
    shown = name or _UNNAMED_AGENT[tongue]
    if tongue == "zh" and shown[-1].isascii():
        shown += " "
    return texts[notice].format(name=shown)
