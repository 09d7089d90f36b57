"""What a customer reads when the gateway cannot do what the page asked for."""

from switchyard_common.errors import DomainError

from switchyard_gateway.domain.conversation import State
from switchyard_gateway.domain.notices import spoken
from switchyard_gateway.domain.text import MAX_CHARS

_OTHER = "FAILED"
_NOT_NOW = "NOT_NOW"
"""Text for what the present state of an open chat does not allow."""

_TEXTS = {
    "RATE_LIMITED": (
        "That was a little fast. Your message is sent again in a moment.",
        "您发送得太快了，消息稍后会自动重发。",
    ),
    "TEXT_TOO_LONG": (
        f"This message is too long. Please keep it under {MAX_CHARS:,} characters.",
        f"消息太长了，请控制在 {MAX_CHARS} 个字以内。",
    ),
    "TEXT_EMPTY": ("Please write something first.", "请先输入内容。"),
    "WRONG_STATE": (
        "This chat is closed. Please start a new one.",
        "会话已结束，请开始新的会话。",
    ),
    _NOT_NOW: (
        "You are not waiting for a person any more. Just write what you need, for instance "
        '"call me back".',
        "您现在不在等待人工客服。请直接说您的需要，比如“请给我回电”。",
    ),
    "STATE_STORE_DOWN": (
        "We have a short interruption. Your message is sent again by itself.",
        "服务暂时中断，消息会自动重发。",
    ),
    "BAD_NUMBER": (
        "We cannot call this number. Please check it, with its area code.",
        "这个号码无法拨打，请检查号码是否完整（含区号）。",
    ),
    "CALLBACK_FAILED": (
        "Sorry, the call back could not be booked. You keep your place; please try again.",
        "抱歉，回电预约没有成功。您的排队位置仍然保留，请再试一次。",
    ),
    "TOO_MANY_CHATS": (
        "Too many chats were opened from here. Please wait a minute.",
        "从此处打开的会话过多，请稍等一分钟。",
    ),
    "FILE_TOO_LARGE": (
        "This file is too large. Please send one of at most 5 MB.",
        "文件太大了，请发送不超过 5 MB 的文件。",
    ),
    "FILE_TYPE": (
        "This kind of file cannot be sent. Photos (JPEG, PNG, WebP, GIF) and PDF can.",
        "不支持这种文件，可以发送图片（JPEG、PNG、WebP、GIF）或 PDF。",
    ),
    "FILE_EMPTY": ("This file is empty.", "这个文件是空的。"),
    "FILE_CUT_SHORT": (
        "The file did not arrive whole. Please send it again.",
        "文件没有完整送达，请重新发送。",
    ),
    "FILES_TOO_MANY": (
        "This chat has as many files as it can hold.",
        "本次会话的文件数量已达上限。",
    ),
    "FILES_FULL": (
        "We cannot take files at the moment. Please describe it in words, or try again later.",
        "暂时无法接收文件，请先用文字描述，或稍后再试。",
    ),
    "TOO_MANY_FILES_AT_ONCE": (
        "Too many files at once. Please wait a moment.",
        "一次发送的文件过多，请稍等片刻。",
    ),
    "BAD_FRAME": (
        "Something went wrong on this page. Please load it again.",
        "页面出了点问题，请刷新后再试。",
    ),
    _OTHER: (
        "Sorry, that did not work. Please try again.",
        "抱歉，操作没有成功，请再试一次。",
    ),
}


def refusal(error: DomainError, language: str, message_id: str = "") -> dict[str, object]:
    """The frame that tells a customer, in their language; `retry_after_ms` where it makes sense."""
    code = error.reason if error.reason in _TEXTS else _OTHER
    english, chinese = _TEXTS[_text_of(error, code)]
    retry = error.retry_after_seconds
    return {
        "type": "error",
        "code": code,
        "text": chinese if spoken(language) == "zh" else english,
        "message_id": message_id,
        "retry_after_ms": round(retry * 1000) if retry is not None else None,
    }


def _text_of(error: DomainError, code: str) -> str:
    """A wish of somebody who waits may come late: the chat is not closed by that."""
    late = code == "WRONG_STATE" and error.metadata.get("state") != State.CLOSED
    return _NOT_NOW if late else code
