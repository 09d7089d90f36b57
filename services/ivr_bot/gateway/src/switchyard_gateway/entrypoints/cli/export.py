"""`switchyard bot export`: what customers said, redacted, to be labelled and trained on."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml

from switchyard_gateway.domain.phrases import Phrase, PhraseBook
from switchyard_gateway.entrypoints.cli.events import (
    RUN_REDIS,
    OpenEvents,
    RedisOption,
    SinceOption,
    UntilOption,
    period,
    read,
)


class Format(StrEnum):
    """JSONL: one phrase a line, with what it was taken for. NLU: Rasa's training format."""

    JSONL = "jsonl"
    NLU = "nlu"


_BRACKETS = str.maketrans("[]", "  ")


def export_command(open_events: OpenEvents) -> Callable[..., None]:
    """The command, reading from where `open_events` leads."""

    def export(
        out: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
        since: SinceOption = "24h",
        until: UntilOption = "",
        below: Annotated[
            float, typer.Option(min=0, max=1, help="Only phrases that were at most this certain.")
        ] = 1.0,
        as_format: Annotated[Format, typer.Option("--format", help="jsonl or nlu.")] = Format.JSONL,
        redis: RedisOption = RUN_REDIS,
    ) -> None:
        """Write what customers said, redacted, for labelling. 导出脱敏语句供标注与再训练。"""
        book = PhraseBook()
        read(
            open_events,
            redis,
            period(since, until, datetime.now(UTC)),
            lambda event: book.saw(event.data) if event.type == "bot.turn" else None,
        )
        phrases = book.phrases(below)
        if not phrases:
            typer.echo(_why_nothing(book), err=True)
            raise typer.Exit(1)
        _write(out, as_nlu(phrases) if as_format is Format.NLU else as_lines(phrases))
        typer.echo(f"{len(phrases)} phrases of {book.turns} turns in {out}. {_CAUTION}")

    return export


_CAUTION = (
    "Numbers, mail addresses and links are masked; names and streets are not: read it before you "
    "pass it on."
)


def as_lines(phrases: Sequence[Phrase]) -> str:
    """A JSON object a line."""
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in phrases)


def as_nlu(phrases: Sequence[Phrase]) -> str:
    """Rasa's YAML, phrases under the intents they were taken for: to be moved where they belong.

    Rasa reads `[words](entity)` in an example as an annotation: customers' brackets are left out,
    or they could teach the bot entities and synonyms.
    """
    by_intent: dict[str, list[str]] = {}
    for one in phrases:
        by_intent.setdefault(one.intent or "nlu_fallback", []).append(_unannotated(one.text))
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in dict.fromkeys(texts))}
        for intent, texts in sorted(by_intent.items())
    ]
    dumped = yaml.dump(
        {"version": "3.1", "nlu": nlu},
        Dumper=_InBlocks,
        allow_unicode=True,
        sort_keys=False,
        width=1000,
    )
    return f"# As the bot understood them: move what is wrong before training.\n{dumped}"


def _unannotated(text: str) -> str:
    return " ".join(text.translate(_BRACKETS).split())


class _InBlocks(yaml.SafeDumper):
    """Writes phrases a line each, as the files are written that they are moved to."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A text of lines as a block."""
        style = "|" if text.endswith("\n") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_InBlocks.add_representer(str, _InBlocks.represent_text)


def _why_nothing(book: PhraseBook) -> str:
    if not book.turns:
        return "no turns in this period; widen --since"
    if book.without_text == book.turns:
        return (
            f"{book.turns} turns, but their texts were not kept; set GATEWAY_KEEP_TEXTS=true and "
            "tell your customers, then wait for new conversations"
        )
    return "no phrase was that uncertain; raise --below"


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out} ({error.strerror})") from error
