"""`switchyard crm whois +86139…`: who is that, and what should I know?"""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.text import Text
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub
from switchyard_common.commands import (
    Calls,
    JsonOption,
    LangOption,
    TenantOption,
    ask,
    calling,
    language_of,
)
from switchyard_common.terminal import printable

from switchyard_crm.entrypoints.cli.telling import Told, tell

_STYLES = {"head": "bold", "weak": "dim", "warn": "bold yellow"}
_ALL = (crm.PROFILE, crm.ORDERS, crm.BILLS, crm.OPEN_CASES, crm.TIMELINE, crm.ROUTING)
_LEAST_DIGITS = 5

CrmOption = Annotated[
    str, typer.Option(envvar="SWITCHYARD_CRM", help="host:port of a running CRM adapter.")
]


class Kind(StrEnum):
    """What a person may look somebody up by."""

    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"
    ORDER = "order"
    CUSTOMER = "customer"


_KINDS = {
    Kind.PHONE: model.PHONE,
    Kind.EMAIL: model.EMAIL,
    Kind.HANDLE: model.HANDLE,
    Kind.ORDER: model.ORDER_NUMBER,
    Kind.CUSTOMER: model.CUSTOMER_ID,
}


def whois(
    who: Annotated[
        str,
        typer.Argument(help="Phone, e-mail, order number, customer id, or app:handle."),
    ],
    kind: Annotated[Kind | None, typer.Option(help="What it is, if that is not plain.")] = None,
    lang: LangOption = None,
    server: CrmOption = "127.0.0.1:7102",
    tenant: TenantOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Say who is behind a number, and what is known of them. 查询号码背后是谁、有哪些资料。"""
    told = ask("the CRM adapter", _look_up(server, f"tenants/{tenant}", meanings(who, kind)))
    if as_json:
        typer.echo(json.dumps([_plain(told.resolution), _plain(told.context)], ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in tell(told, lang or language_of()):
        console.print(Text(printable(line.text), style=_STYLES.get(line.style, "")))
    if told.resolution.outcome == crm.NONE:
        raise typer.Exit(1)


def meanings(text: str, kind: Kind | None) -> Sequence[model.Identifier]:
    """What a text may mean, the likeliest first."""
    text = text.strip()
    if kind is not None:
        kinds: tuple[Kind, ...] = (kind,)
    elif "@" in text:
        kinds = (Kind.EMAIL,)
    elif sum(letter.isdigit() for letter in text) >= _LEAST_DIGITS and not any(
        letter.isascii() and letter.isalpha() for letter in text
    ):
        kinds = (Kind.PHONE, Kind.ORDER, Kind.CUSTOMER)
    elif ":" in text:
        kinds = (Kind.HANDLE,)
    else:
        kinds = (Kind.CUSTOMER, Kind.ORDER)
    return [_identifier(each, text) for each in kinds]


def _identifier(kind: Kind, text: str) -> model.Identifier:
    if kind is not Kind.HANDLE:
        return model.Identifier(kind=_KINDS[kind], value=text)
    app, _, handle = text.partition(":")
    return model.Identifier(kind=_KINDS[kind], namespace=app, value=handle)


async def _look_up(target: str, parent: str, meant: Sequence[model.Identifier]) -> Told:
    async with calling(target) as call:
        stub: Any = CrmServiceStub(call.channel)
        found = await _first_known(call, stub, parent, meant)
        context = crm.GetContextResponse()
        if found.outcome == crm.UNIQUE:
            query = crm.GetContextRequest(
                parent=parent, customer=found.candidates[0].customer, sections=_ALL
            )
            context = await call(stub.GetContext, query)
    return Told(found, context)


async def _first_known(
    call: Calls, stub: Any, parent: str, meant: Sequence[model.Identifier]
) -> crm.ResolveResponse:
    answer = crm.ResolveResponse(outcome=crm.NONE)
    for identifier in meant:
        request = crm.ResolveRequest(parent=parent, identifiers=[identifier])
        answer = await call(stub.Resolve, request)
        if answer.outcome != crm.NONE or answer.caller_type:
            break
    return answer


def _plain(message: Any) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)
