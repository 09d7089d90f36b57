"""Options of commands that read what was: a history or a log, and whose clock cuts it into days."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

_URL = "sqlite:///FILE or postgresql://user:password@host/name."
_VARIABLE = "SWITCHYARD_HISTORY"

HistoryOption = Annotated[str, typer.Option(envvar=_VARIABLE, help=_URL)]
HistoryOrLogOption = Annotated[str, typer.Option(envvar=_VARIABLE, help=f"Or a history: {_URL}")]
"""Beside --log."""


def named_history(context: typer.Context, history: str, log: object) -> str:
    """The URL, unless only the environment named it and a log is named on the command line."""
    source = context.get_parameter_source("history")
    only_usual = source is not None and source.name == "ENVIRONMENT"
    return "" if log and only_usual else history


def zone_of(name: str) -> ZoneInfo:
    """The zone of --time-zone. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"--time-zone: {name!r} is none; give one as Asia/Shanghai") from error
