"""`switchyard bot paths`: where customers go with the bot, where they loop and where they leave."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from switchyard_common.commands import Lang, LangOption, language_of

from switchyard_gateway.domain.journeys import ENDS, JourneyLog, Paths, TurnSeen, count
from switchyard_gateway.domain.sankey import layout
from switchyard_gateway.entrypoints.cli import wording
from switchyard_gateway.entrypoints.cli.events import (
    RUN_REDIS,
    Event,
    OpenEvents,
    RedisOption,
    SinceOption,
    UntilOption,
    period,
    read,
)
from switchyard_gateway.entrypoints.cli.paths_page import page
from switchyard_gateway.entrypoints.cli.wording import Words

_ROWS = 15
_FILE = Path("bot-paths.html")


def paths_command(open_events: OpenEvents) -> Callable[..., None]:
    """The command, reading from where `open_events` leads."""

    def paths(
        since: SinceOption = "24h",
        until: UntilOption = "",
        out: Annotated[Path, typer.Option(help="The page to write.")] = _FILE,
        columns: Annotated[int, typer.Option(min=2, max=20, help="Turns that are drawn.")] = 8,
        lang: LangOption = None,
        redis: RedisOption = RUN_REDIS,
    ) -> None:
        """Draw where customers go, loop and leave. 画出客户与机器人的对话路径。"""
        asked, log = period(since, until, datetime.now(UTC)), JourneyLog()
        read(open_events, redis, asked, lambda event: note(log, event))
        journeys, language = log.journeys(), lang or language_of()
        counted = count(journeys)
        text = page(counted, layout(journeys, columns), asked.words, language.value)
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise typer.BadParameter(f"--out: cannot write {out} ({error.strerror})") from error
        _tell(counted, out, language)

    return paths


def note(log: JourneyLog, event: Event) -> None:
    """Adds an event to the log, if it is of a kind that matters here."""
    data = event.data
    if event.type == "bot.turn":
        log.saw_turn(
            TurnSeen(
                conversation=data["conversation"],
                number=data.get("turn", 0),
                intent=data.get("intent", ""),
                flow=data.get("flow", ""),
                step=data.get("step", ""),
                outcome=data.get("outcome", ""),
            )
        )
    elif event.type == "bot.ended":
        log.saw_end(data["conversation"], data.get("outcome", ""))


def _tell(counted: Paths, out: Path, language: Lang) -> None:
    def say(words: Words) -> str:
        return words.zh if language is Lang.ZH else words.en

    console = Console(highlight=False)
    if not counted.journeys:
        console.print(say(Words("No conversations in this period.", "这段时间没有会话。")))
    else:
        console.print(_table(counted, say))
    console.print(f"{say(Words('The picture:', '路径图：'))} {out.absolute().as_uri()}")


def _table(counted: Paths, say: Callable[[Words], str]) -> Table:
    shown = [end for end in ENDS if counted.ends.get(end)]
    title = Words(
        f"{counted.journeys} conversations, {counted.turns} messages",
        f"{counted.journeys} 个会话，{counted.turns} 条消息",
    )
    table = Table(title=say(title))
    table.add_column(say(Words("stop", "节点")))
    for words in (
        Words("messages", "消息数"),
        Words("conversations", "会话数"),
        Words("came again", "重复经过"),
        *(wording.ENDS[end] for end in shown),
    ):
        table.add_column(say(words), justify="right")
    for one in counted.stops[:_ROWS]:
        numbers = (one.visits, one.journeys, one.loops, *(one.ends.get(end, 0) for end in shown))
        table.add_row(say(wording.of_stop(one.stop)), *map(str, numbers))
    return table
