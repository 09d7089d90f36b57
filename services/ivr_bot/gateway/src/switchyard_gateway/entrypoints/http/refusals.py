"""What a customer reads when the gateway cannot do what the page asked for."""

from switchyard_common.errors import DomainError

from switchyard_gateway.domain.notices import spoken
from switchyard_gateway.domain.text import MAX_CHARS

_OTHER = "FAILED"

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
    "STATE_STORE_DOWN": (
        "We have a short interruption. Your message is sent again by itself.",
        "服务暂时中断，消息会自动重发。",
    ),
    "TOO_MANY_CHATS": (
        "Too many chats were opened from here. Please wait a minute.",
        "从此处打开的会话过多，请稍等一分钟。",
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
    english, chinese = _TEXTS[code]
    retry = error.retry_after_seconds
    return {
        "type": "error",
        "code": code,
        "text": chinese if spoken(language) == "zh" else english,
        "message_id": message_id,
        "retry_after_ms": round(retry * 1000) if retry is not None else None,
    }
