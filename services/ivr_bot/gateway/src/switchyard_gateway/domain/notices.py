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
    Notice.ROUTER_DOWN: "We are sorry: our colleagues cannot be reached at the moment. "
    "Nothing is lost; please try again in a minute.",
    Notice.QUEUE_CLOSED: "Our colleagues are not at work at the moment.",
    Notice.QUEUE_FULL: "Too many customers are waiting right now. "
    "Please try again in a few minutes.",
    Notice.BOT_FAILED: "Sorry, the assistant cannot answer right now. Your message is kept. "
    "Please try again, or talk to a colleague.",
    Notice.CLOSED: "This chat is closed. Thank you for talking to us.",
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
    Notice.ROUTER_DOWN: "非常抱歉，暂时无法联系到客服同事。您的信息没有丢失，请一分钟后再试。",
    Notice.QUEUE_CLOSED: "现在不是人工服务时间。",
    Notice.QUEUE_FULL: "当前排队人数过多，请几分钟后再试。",
    Notice.BOT_FAILED: "非常抱歉，智能助手暂时无法回答。您的消息已保存，"
    "请稍后再试，或转接人工客服。",
    Notice.CLOSED: "会话已结束，感谢您的联系。",
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
