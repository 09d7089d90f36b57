"""The path report as one HTML file: a Sankey diagram and tables, Chinese and English, no scripts
but the language switch, nothing fetched from anywhere."""

from collections.abc import Iterable, Sequence
from html import escape

from switchyard_gateway.domain.journeys import ENDS, Paths, Stop, StopCount
from switchyard_gateway.domain.sankey import Band, Node, Sankey
from switchyard_gateway.entrypoints.cli import wording
from switchyard_gateway.entrypoints.cli.wording import Words

_COLUMN_WIDTH = 240
_NODE_WIDTH = 14
_GAP = 16
_HEIGHT = 560
_LEAST_HEIGHT = 3.0
_MOST_ROWS = 60
_END_COLOURS = {
    "self_served": "#2f8f4e",
    "handed_over": "#2b6cb0",
    "failed": "#b83232",
    "left": "#c07818",
    "open": "#7a7f87",
}
_STOP_COLOURS = ("#5b6ee1", "#0f8b8d", "#8a5fbf", "#a8577e", "#5f7f3f", "#3f7fae", "#9c6b3f")
_CHAT_COLOUR = "#8b93a1"

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--weak:#5b6573;--paper:#fff;--line:#d8dde4}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--weak:#a4aebb;--paper:#14181f;--line:#333b47}}
body{font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;
color:var(--ink);background:var(--paper);margin:2rem auto;max-width:90rem;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{color:var(--weak);margin:.3rem 0}
.scroll{overflow-x:auto}svg text{font-size:12px;fill:var(--ink)}svg .weak{fill:var(--weak)}
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.3rem .6rem;
border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}th{color:var(--weak);font-weight:600}
.tiles{display:flex;gap:2rem;flex-wrap:wrap;margin:1rem 0}.tiles b{display:block;font-size:1.6rem}
button{font:inherit;padding:.2rem .8rem}
html[lang=en] [lang=zh],html[lang^=zh] [lang=en]{display:none}
"""
_SWITCH = "document.documentElement.lang=this.dataset.to"


def page(paths: Paths, sankey: Sankey, period: Words, language: str) -> str:
    """The file's text. It opens in `language` (zh or en) and can be switched."""
    title = Words("Where customers go with the bot", "客户与机器人的对话路径")
    shown = title.zh if language == "zh" else title.en
    body = [
        f"<header><h1>{_both(title)}</h1><p>{_both(period)}</p>{_buttons()}</header>",
        _tiles(paths),
        f"<h2>{_both(Words('Paths', '路径图'))}</h2>",
        _hint(),
        f'<div class="scroll">{picture(sankey)}</div>' if sankey.nodes else _nothing(),
        _stops_table(paths.stops),
        _whole_table(paths),
    ]
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(shown)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def picture(sankey: Sankey) -> str:
    """The diagram as SVG; every node and band tells its numbers when pointed at."""
    scale = _scale(sankey)
    width = sankey.columns * _COLUMN_WIDTH
    bands = "".join(_band(band, scale) for band in sankey.bands)
    nodes = "".join(_node(node, scale) for node in sankey.nodes)
    height = max((_bottom(node, scale) for node in sankey.nodes), default=0.0) + 20
    return (
        f'<svg role="img" viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" '
        f'aria-label="Sankey">{bands}{nodes}</svg>'
    )


def _scale(sankey: Sankey) -> float:
    """Pixels per journey, so that the fullest column fits the height."""
    totals = [0] * sankey.columns
    for node in sankey.nodes:
        totals[node.column] += node.size
    return _HEIGHT / max(totals, default=1) if totals else 1.0


def _top(node: Node, scale: float) -> float:
    return 10 + node.start * scale + node.rank * _GAP


def _bottom(node: Node, scale: float) -> float:
    return _top(node, scale) + max(node.size * scale, _LEAST_HEIGHT)


def _node(node: Node, scale: float) -> str:
    x, y = 10 + node.column * _COLUMN_WIDTH, _top(node, scale)
    height = max(node.size * scale, _LEAST_HEIGHT)
    words = wording.of_mark(node.mark)
    text_y = y + height / 2 + 4
    label = f'x="{x + _NODE_WIDTH + 5}" y="{text_y:.1f}"'
    return (
        f'<g><rect x="{x}" y="{y:.1f}" width="{_NODE_WIDTH}" height="{height:.1f}" rx="2" '
        f'fill="{_colour(node)}"/>{_title(f"{words.en} / {words.zh}: {node.size}")}'
        f'<text lang="en" {label}>{escape(words.en)} <tspan class="weak">{node.size}</tspan></text>'
        f'<text lang="zh" {label}>{escape(words.zh)} <tspan class="weak">{node.size}</tspan></text>'
        "</g>"
    )


def _band(band: Band, scale: float) -> str:
    x1 = 10 + band.source.column * _COLUMN_WIDTH + _NODE_WIDTH
    x2 = 10 + band.target.column * _COLUMN_WIDTH
    y1 = _top(band.source, scale) + band.source_start * scale
    y2 = _top(band.target, scale) + band.target_start * scale
    thick, bend = max(band.size * scale, 1.0), (x2 - x1) / 2
    path = (
        f"M{x1} {y1:.1f}C{x1 + bend} {y1:.1f} {x2 - bend} {y2:.1f} {x2} {y2:.1f}"
        f"v{thick:.1f}C{x2 - bend} {y2 + thick:.1f} {x1 + bend} {y1 + thick:.1f} "
        f"{x1} {y1 + thick:.1f}Z"
    )
    ends = [wording.of_mark(node.mark) for node in (band.source, band.target)]
    told = f"{ends[0].en} → {ends[1].en} / {ends[0].zh} → {ends[1].zh}: {band.size}"
    return f'<path d="{path}" fill="{_colour(band.target)}" opacity=".28">{_title(told)}</path>'


def _colour(node: Node) -> str:
    if node.mark.end:
        return _END_COLOURS[node.mark.end]
    if node.mark.stop is None or not node.mark.stop.in_flow:
        return _CHAT_COLOUR
    return _STOP_COLOURS[sum(node.mark.stop.flow.encode()) % len(_STOP_COLOURS)]


def _tiles(paths: Paths) -> str:
    contained = "–" if paths.contained is None else f"{paths.contained:.0%}"
    tiles = [
        (Words("conversations", "会话"), str(paths.journeys)),
        (Words("messages of customers", "客户消息"), str(paths.turns)),
        (
            Words("containment: ended, served by the bot alone", "自助完成率（已结束会话）"),
            contained,
        ),
        *((wording.ENDS[end], str(paths.ends.get(end, 0))) for end in ENDS),
    ]
    shown = "".join(f"<div><b>{value}</b>{_both(words)}</div>" for words, value in tiles)
    return f'<div class="tiles">{shown}</div>'


def _stops_table(stops: Sequence[StopCount]) -> str:
    heads = (
        Words("Stop", "节点"),
        Words("messages", "消息数"),
        Words("conversations", "会话数"),
        Words("came again", "重复经过"),
        *(wording.ENDS[end] for end in ENDS),
    )
    note = Words(
        "What became of the conversations whose last stop this was. “Came again”: messages that "
        "led to the same stop once more, a sign of going round in circles.",
        "后几列为以该节点结束的会话的去向；“重复经过”是再次走到同一节点的消息数，数值高说明客户在绕圈。",
    )
    rows = (
        (
            _both(wording.of_stop(one.stop)),
            *map(str, (one.visits, one.journeys, one.loops)),
            *(str(one.ends.get(end, 0)) for end in ENDS),
        )
        for one in stops[:_MOST_ROWS]
    )
    title = Words("Where they stop, loop and leave", "停留、绕圈与离开")
    return f"<h2>{_both(title)}</h2><p>{_both(note)}</p>{_table(heads, rows)}"


def _whole_table(paths: Paths) -> str:
    heads = (Words("Path", "路径"), Words("end", "结果"), Words("conversations", "会话数"))
    rows = (
        (_both(_path(stops)), _both(wording.ENDS[end]), str(times))
        for stops, end, times in paths.whole
    )
    return f"<h2>{_both(Words('Most frequent paths', '最常见的路径'))}</h2>{_table(heads, rows)}"


def _path(stops: Sequence[Stop]) -> Words:
    named = [wording.of_stop(stop) for stop in stops]
    return Words(" → ".join(one.en for one in named), " → ".join(one.zh for one in named))


def _table(heads: Iterable[Words], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th scope=col>{_both(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _hint() -> str:
    return "<p>" + (
        _both(
            Words(
                "A column per message of the customer; heights are conversations. Point at a part "
                "to read its number.",
                "每列是客户的一条消息，高度为会话数；把鼠标移到图上可看具体数字。",
            )
        )
        + "</p>"
    )


def _nothing() -> str:
    return f"<p>{_both(Words('No conversations in this period.', '这段时间没有会话。'))}</p>"


def _buttons() -> str:
    return "".join(
        f'<button type="button" data-to="{tag}" onclick="{_SWITCH}">{name}</button> '
        for tag, name in (("zh-CN", "中文"), ("en", "English"))
    )


def _both(words: Words) -> str:
    return f'<span lang="en">{escape(words.en)}</span><span lang="zh">{escape(words.zh)}</span>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"
