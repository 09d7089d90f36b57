"""What the page behind a reset link looks like, in Chinese and English."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from switchyard_gateway.entrypoints.http.demo import DemoTexts
from switchyard_gateway.service.reset_pin import ResetOutcome


@dataclass(frozen=True, slots=True)
class _Texts:
    title: str
    lead: str
    pin: str
    again: str
    rule: str
    send: str
    other: str
    other_language: str
    outcomes: dict[ResetOutcome, str]


_TEXTS = {
    "en": _Texts(
        title="Choose a new PIN",
        lead="With your PIN the assistant knows that it is you. The link works once.",
        pin="New PIN",
        again="The same PIN once more",
        rule="Four to eight digits; not repeated or counted up, no birthday, no phone number.",
        send="Set the new PIN",
        other="中文",
        other_language="zh",
        outcomes={
            ResetOutcome.DONE: "Your new PIN is set. You can close this page and go on in the "
            "chat.",
            ResetOutcome.LINK_OVER: "This link does not work any more: it was used, or its time "
            "is over. Please ask the assistant for a new one.",
            ResetOutcome.NOT_A_PIN: "A PIN has four to eight digits and nothing else.",
            ResetOutcome.DIFFERENT: "The two PINs are not the same. Please type them again.",
            ResetOutcome.TOO_SIMPLE: "This PIN is too easy to guess. Please choose another one.",
            ResetOutcome.UNAVAILABLE: "We cannot set your PIN at the moment. Your link stays "
            "good; please try again in a few minutes.",
        },
    ),
    "zh": _Texts(
        title="设置新的 PIN 码",
        lead="智能助手凭 PIN 码确认是您本人。此链接只能使用一次。",
        pin="新 PIN 码",
        again="再次输入新 PIN 码",
        rule="4 到 8 位数字；请勿使用重复或连续的数字、生日或电话号码。",
        send="确认设置",
        other="English",
        other_language="en",
        outcomes={
            ResetOutcome.DONE: "新的 PIN 码已设置成功。您可以关闭本页，回到会话继续办理。",
            ResetOutcome.LINK_OVER: "链接已失效：可能已经使用过，或已过有效期。"
            "请向智能助手索取新的链接。",
            ResetOutcome.NOT_A_PIN: "PIN 码必须是 4 到 8 位数字。",
            ResetOutcome.DIFFERENT: "两次输入的 PIN 码不一致，请重新输入。",
            ResetOutcome.TOO_SIMPLE: "这个 PIN 码太容易被猜到，请换一个。",
            ResetOutcome.UNAVAILABLE: "暂时无法设置 PIN 码，链接仍然有效，请过几分钟再试。",
        },
    ),
}

_FINAL = (ResetOutcome.DONE, ResetOutcome.LINK_OVER)


class ResetPage:
    """Builds the page; `texts` gives the company's name."""

    def __init__(self, texts: Callable[[], DemoTexts]) -> None:
        self._texts = texts

    def render(self, language: str, outcome: ResetOutcome | None) -> str:
        """The whole page; nothing that the customer typed comes back in it."""
        texts = _TEXTS[language]
        both = self._texts().company
        company = escape(both.zh if language == "zh" else both.en)
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{texts.title} – {company}</title>"
            '<link rel="icon" href="/page/mark.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/page/reset.css"></head><body>'
            f'<header><p class="brand"><img src="/page/mark.svg" alt="" width="34" height="34">'
            f'{company}</p><a lang="{texts.other_language}" hreflang="{texts.other_language}" '
            f'href="?language={texts.other_language}">{texts.other}</a></header>'
            f"<main><h1>{texts.title}</h1>{_result(texts, outcome)}{_form(texts, outcome)}</main>"
            "</body></html>"
        )


def _result(texts: _Texts, outcome: ResetOutcome | None) -> str:
    if outcome is None:
        return f"<p>{texts.lead}</p>"
    role, kind = ("status", "done") if outcome is ResetOutcome.DONE else ("alert", "problem")
    return f'<p id="result" role="{role}" class="{kind}">{texts.outcomes[outcome]}</p>'


def _form(texts: _Texts, outcome: ResetOutcome | None) -> str:
    if outcome in _FINAL:
        return ""
    wrong = outcome not in (None, ResetOutcome.UNAVAILABLE)
    about = (
        'aria-invalid="true" aria-describedby="result rule"' if wrong else 'aria-describedby="rule"'
    )
    field = (
        ' type="password" inputmode="numeric" autocomplete="new-password" required'
        f' maxlength="16" {about}>'
    )
    return (
        '<form method="post">'
        f'<label for="pin">{texts.pin}</label><input id="pin" name="pin" autofocus{field}'
        f'<p id="rule">{texts.rule}</p>'
        f'<label for="again">{texts.again}</label><input id="again" name="again"{field}'
        f'<button type="submit">{texts.send}</button></form>'
    )
