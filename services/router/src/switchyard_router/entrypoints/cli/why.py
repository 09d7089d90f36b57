"""`switchyard why CONTACT`: why it went to whom it went, or why nobody has it."""

import json
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.text import Text
from switchyard_common.commands import JsonOption, LangOption, TenantOption, language_of
from switchyard_common.terminal import printable

from switchyard_router.entrypoints.cli.reach import (
    Reach,
    RouterOption,
    ask,
    reach,
)
from switchyard_router.entrypoints.cli.story import Story, gather
from switchyard_router.entrypoints.cli.telling import tell
from switchyard_router.entrypoints.cli.wording import WORDINGS

_STYLES = {"head": "bold", "good": "green", "weak": "dim", "warn": "bold yellow"}


def why(
    contact: Annotated[str, typer.Argument(help="Id, name or external id of a contact.")],
    lang: LangOption = None,
    router: RouterOption = "127.0.0.1:7101",
    tenant: TenantOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Say why a contact went to an agent, or why nobody has it yet. 说明联络为何分给某位坐席。"""
    story = ask(_story(reach(router, tenant), contact))
    if as_json:
        typer.echo(json.dumps(_json(story), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in tell(story, WORDINGS[lang or language_of()]):
        console.print(Text(printable(line.text), style=_STYLES.get(line.style, "")))


async def _story(router: Reach, contact: str) -> Story:
    async with router.channel() as call:
        return await gather(call, contact)


def _json(story: Story) -> dict[str, Any]:
    def plain(message: Any) -> Any:
        return MessageToDict(message, preserving_proto_field_name=True)

    return {
        "contact": plain(story.contact),
        "decisions": [plain(decision) for decision in story.decisions],
        "now": plain(story.advice) if story.advice is not None else None,
    }
