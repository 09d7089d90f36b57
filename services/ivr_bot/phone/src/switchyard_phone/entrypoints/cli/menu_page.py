"""Menus as one HTML file: a drawing, the numbers that are keyed in, the rules; no scripts but the
language switch, nothing fetched from anywhere."""

from collections.abc import Iterable
from html import escape

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menu, Menus, Option, Spoken
from switchyard_phone.entrypoints.cli import menu_wording
from switchyard_phone.entrypoints.cli.menu_layout import (
    CARD_WIDTH,
    HEAD_HEIGHT,
    ROW_HEIGHT,
    Card,
    Layout,
    Link,
    layout,
)
from switchyard_phone.entrypoints.cli.menu_wording import Words

_LINE_WIDTH = CARD_WIDTH - 32
_LABEL_WIDTH = 250
_HAN, _LATIN = 14.0, 7.4
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--weak:#5b6573;--paper:#fff;--card:#f6f8fa;
--line:#c9d1db;--bot:#2b6cb0;--menu:#6b4fb3;--person:#b5541c;--language:#2f7d4f}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--weak:#a4aebb;--paper:#14181f;
--card:#1d232c;--line:#3d4653;--bot:#7db4ee;--menu:#b3a0ee;--person:#eda06b;--language:#7fcb9c}}
body{font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;
color:var(--ink);background:var(--paper);margin:2rem auto;max-width:100rem;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{color:var(--weak)}
.scroll{overflow-x:auto}svg text{font-size:14px;fill:var(--ink)}svg .name{font-weight:600}
svg .weak{fill:var(--weak)}svg .key{font-weight:700;text-anchor:middle}
svg .bot{fill:var(--bot)}svg .menu{fill:var(--menu)}svg .person{fill:var(--person)}
svg .language{fill:var(--language)}
table{border-collapse:collapse}th,td{text-align:left;padding:.35rem .9rem .35rem 0;
border-bottom:1px solid var(--line)}th{color:var(--weak);font-weight:600}
kbd{font:inherit;font-weight:700;border:1px solid var(--line);border-radius:4px;padding:0 .4rem}
button{font:inherit;padding:.2rem .8rem}
html[lang=en] [lang=zh],html[lang^=zh] [lang=en]{display:none}
"""
_NOTICE = Words("interrupted by keys only", "只能按键打断")
_SWITCH = "document.documentElement.lang=this.dataset.to"


def page(menus: Menus, name: str, language: str) -> str:
    """The file's text. It opens in `language` (zh or en) and can be switched."""
    title = Words(f"Menus for callers: {name}", f"电话菜单：{name}")
    placed = layout(menus, _prompt_lines)
    body = "".join(
        (
            f"<header><h1>{_both(title)}</h1>{_buttons()}</header>",
            f"<p>{_words(menus, menus.greeting)}</p>",
            f'<div class="scroll">{picture(menus, placed)}</div>',
            _said(menus),
            _fields(menus),
            _rules(menus),
        )
    )
    shown = title.zh if language == "zh" else title.en
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(shown)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def picture(menus: Menus, placed: Layout) -> str:
    """The drawing as SVG."""
    links = "".join(_link(link) for link in placed.links)
    cards = "".join(_card(menus, card) for card in placed.cards)
    return (
        f'<svg role="img" viewBox="0 0 {placed.width} {placed.height}" width="{placed.width}" '
        f'height="{placed.height}" aria-label="menus">{links}{cards}</svg>'
    )


def _link(link: Link) -> str:
    x1 = link.source.x + CARD_WIDTH
    y1 = link.source.rows_y + link.row * ROW_HEIGHT + ROW_HEIGHT // 2
    x2, y2 = link.target.x, link.target.y + HEAD_HEIGHT // 2
    middle = (x1 + x2) // 2
    return (
        f'<path d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}" fill="none" '
        f'stroke="var(--menu)" stroke-width="2"/><circle cx="{x2}" cy="{y2}" r="4" class="menu"/>'
    )


def _card(menus: Menus, card: Card) -> str:
    frame = (
        f'<rect x="{card.x}" y="{card.y}" width="{CARD_WIDTH}" height="{card.height}" rx="8" '
        f'fill="var(--card)" stroke="var(--line)"/>'
    )
    name = f'<text class="name" x="{card.x + 14}" y="{card.y + 23}">{escape(card.menu.name)}</text>'
    if not card.menu.barge_in:
        name += "".join(
            f'<text class="weak" text-anchor="end" lang="{lang}" x="{card.x + CARD_WIDTH - 14}" '
            f'y="{card.y + 23}">{escape(text)}</text>'
            for lang, text in (("en", _NOTICE.en), ("zh", _NOTICE.zh))
        )
    prompts = "".join(
        f'<text class="weak" lang="{language.value}" x="{card.x + 14}" '
        f'y="{card.y + HEAD_HEIGHT + 14 + place * 20}">{escape(line)}</text>'
        for language in menus.languages
        for place, line in enumerate(wrapped(card.menu.prompt[language], _LINE_WIDTH))
    )
    rows = "".join(_row(menus, card, place) for place in range(len(card.menu.options)))
    return f"<g>{frame}{name}{prompts}{rows}</g>"


def _row(menus: Menus, card: Card, place: int) -> str:
    option: Option = card.menu.options[place]
    y = card.rows_y + place * ROW_HEIGHT
    text_y = y + ROW_HEIGHT // 2 + 5
    words, kind = menu_wording.of_act(option.act), menu_wording.kind_of(option.act)
    told = f"{words.en} / {words.zh}"
    label = "".join(
        f'<text lang="{language.value}" x="{card.x + 48}" y="{text_y}">'
        f"{escape(shortened(option.label[language], _LABEL_WIDTH))}</text>"
        for language in menus.languages
    )
    room = CARD_WIDTH - 48 - _LABEL_WIDTH - 22
    act = "".join(
        f'<text class="{kind}" lang="{lang}" x="{card.x + 58 + _LABEL_WIDTH}" y="{text_y}">'
        f"{escape(shortened(text, room))}</text>"
        for lang, text in (("en", words.en), ("zh", words.zh))
    )
    key = (
        f'<rect x="{card.x + 14}" y="{y + 5}" width="24" height="24" rx="5" fill="var(--paper)" '
        f'stroke="var(--line)"/><text class="key" x="{card.x + 26}" y="{text_y}">'
        f"{option.key}</text>"
    )
    spoken = " / ".join(
        menus.option_words(option, language, speech=True) for language in menus.languages
    )
    return f"<g><title>{escape(f'{spoken} → {told}')}</title>{key}{label}{act}</g>"


def _said(menus: Menus) -> str:
    """What does the same as a key, where speech is installed."""
    heads = (Words("Menu", "菜单"), Words("Key", "按键"), Words("Said instead", "也可以说"))
    rows = (
        (escape(menu.name), f"<kbd>{option.key}</kbd>", _ways(menus, option))
        for menu in menus.menus.values()
        for option in menu.options
    )
    title = _both(Words("Said (with speech installed)", "语音（安装语音识别后）"))
    return f"<h2>{title}</h2>{_table(heads, rows)}"


def _ways(menus: Menus, option: Option) -> str:
    ways = {language: " / ".join(option.ways(language)) for language in menus.languages}
    return _words(menus, ways)


def _fields(menus: Menus) -> str:
    if not menus.fields:
        return ""
    heads = (
        Words("Value", "数值"),
        Words("What is said", "提示语"),
        Words("Digits", "位数"),
        Words("Secret", "保密"),
    )
    rows = (
        (
            escape(field.slot),
            _words(menus, field.prompt),
            str(field.least) if field.fixed else f"{field.least}–{field.most}",
            _both(Words("yes: masked, nobody listens", "是：掩码，不录不听"))
            if field.secret
            else "",
        )
        for field in menus.fields.values()
    )
    return f"<h2>{_both(Words('Keyed in', '按键输入'))}</h2>{_table(heads, rows)}"


def _rules(menus: Menus) -> str:
    timing = menus.timing
    star = menu_wording.of_star(menus.star_changes_language)
    rules = (
        (
            "<kbd>0</kbd>",
            Words("a person; while a number is keyed in, 0 and #", "转人工；输入号码时按 0 再按 #"),
        ),
        ("<kbd>*</kbd>", star),
        ("<kbd>#</kbd>", Words("ends a number", "结束输入")),
        (
            _both(Words("waits", "等待")),
            Words(
                f"{timing.first_digit_seconds:g} s for the first key, "
                f"{timing.between_digits_seconds:g} s for each further one",
                f"首键 {timing.first_digit_seconds:g} 秒，之后每键 "
                f"{timing.between_digits_seconds:g} 秒",
            ),
        ),
        (
            _both(Words("again", "重试")),
            Words(
                f"{menus.retries} wrong keys or silences in a row are forgiven, then a person",
                f"连续按错或无按键可容忍 {menus.retries} 次，之后转人工",
            ),
        ),
    )
    rows = ((sign, _both(words)) for sign, words in rules)
    heads = (Words("Everywhere", "任何时候"), Words("", ""))
    return f"<h2>{_both(Words('Rules', '规则'))}</h2>{_table(heads, rows)}"


def _prompt_lines(menu: Menu) -> int:
    return max(len(wrapped(words, _LINE_WIDTH)) for words in menu.prompt.values())


def wrapped(text: str, width: float) -> list[str]:
    """Lines that fit; Chinese breaks anywhere, English between words."""
    lines, line = [], ""
    for part in _parts(text):
        if line and _width(line + part) > width:
            lines.append(line.strip())
            line = ""
        line += part
    return [*lines, line.strip()]


def shortened(text: str, width: float) -> str:
    """With a mark in place of what does not fit."""
    if _width(text) <= width:
        return text
    while text and _width(text) + _HAN > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _parts(text: str) -> Iterable[str]:
    word = ""
    for sign in text:
        if sign == " " or ord(sign) > 0x2E7F:
            yield word + sign
            word = ""
        else:
            word += sign
    yield word


def _width(text: str) -> float:
    return sum(_HAN if ord(sign) > 0x2E7F else _LATIN for sign in text)


def _words(menus: Menus, spoken: Spoken) -> str:
    first = spoken[menus.languages[0]]
    return _both(Words(spoken.get(Language.ENGLISH, first), spoken.get(Language.CHINESE, first)))


def _table(heads: Iterable[Words], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th scope=col>{_both(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _buttons() -> str:
    return "".join(
        f'<button type="button" data-to="{tag}" onclick="{_SWITCH}">{name}</button> '
        for tag, name in (("zh-CN", "中文"), ("en", "English"))
    )


def _both(words: Words) -> str:
    return f'<span lang="en">{escape(words.en)}</span><span lang="zh">{escape(words.zh)}</span>'
