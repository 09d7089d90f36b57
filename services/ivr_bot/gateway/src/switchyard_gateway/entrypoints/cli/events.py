"""What both commands share: the period that is asked for, and reading its events with progress."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console

from switchyard_gateway.entrypoints.cli.wording import Words

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_TOLD_EVERY = 5_000

SinceOption = Annotated[
    str, typer.Option(help="From when: 30m, 24h, 7d, or a time such as 2026-11-22T09:00.")
]
UntilOption = Annotated[str, typer.Option(help="Until when; empty: now.")]
RedisOption = Annotated[str, typer.Option(envvar="GATEWAY_REDIS_URL", help="Redis of the gateway.")]
RUN_REDIS = "redis://127.0.0.1:6390/0"
"""Where `make run` has it."""


class Event(Protocol):
    """An event as the stream has it."""

    @property
    def type(self) -> str:
        """As in the contract, for instance bot.turn."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """Fields of the contract."""
        ...


OpenEvents = Callable[[str, datetime, datetime], AbstractAsyncContextManager[AsyncIterator[Event]]]
"""Redis URL, from, until → the events. Raises ConnectionError if nobody answers there."""


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when."""

    since: datetime
    until: datetime

    @property
    def words(self) -> Words:
        """For a heading, in local time."""
        start, end = (moment.astimezone() for moment in (self.since, self.until))
        return Words(
            f"{start:%d %b %Y, %H:%M} – {end:%d %b %Y, %H:%M}",
            f"{start:%Y年%m月%d日 %H:%M} – {end:%Y年%m月%d日 %H:%M}",
        )


def period(since: str, until: str, now: datetime) -> Period:
    """Reads the two options. Raises typer.BadParameter, which names the option and the fix."""
    end = _moment(until, "--until", now) if until else now
    start = _moment(since, "--since", now)
    if start >= end:
        raise typer.BadParameter("--since must be before --until")
    return Period(start, end)


def _moment(text: str, option: str, now: datetime) -> datetime:
    if found := _SPAN.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(
            f"{option}: write 30m, 24h, 7d, or a time such as 2026-11-22T09:00, not {text!r}"
        ) from error
    return moment if moment.tzinfo else moment.astimezone(UTC)


def read(
    open_events: OpenEvents, redis_url: str, asked: Period, take: Callable[[Event], None]
) -> int:
    """Gives every event to `take`; how many there were. Ends the command if nobody answers."""
    try:
        return asyncio.run(_read(open_events, redis_url, asked, take))
    except OSError as error:
        typer.echo(
            "the gateway's Redis does not answer; start Switchyard (make run), or name it with "
            f"--redis or GATEWAY_REDIS_URL ({type(error).__name__})",
            err=True,
        )
        raise typer.Exit(2) from error


async def _read(
    open_events: OpenEvents, redis_url: str, asked: Period, take: Callable[[Event], None]
) -> int:
    number = 0
    with Console(stderr=True).status("reading events") as status:
        async with open_events(redis_url, asked.since, asked.until) as events:
            async for event in events:
                take(event)
                number += 1
                if number % _TOLD_EVERY == 0:
                    status.update(f"reading events: {number:,}")
    return number
