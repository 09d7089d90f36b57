"""What commands for people share: reaching a service, telling a refusal, the user's language."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer

from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_errors import reason_of
from switchyard_common.settings import TlsFiles

DEADLINE_SECONDS = 5.0

TenantOption = Annotated[
    str, typer.Option(envvar="SWITCHYARD_TENANT", help="Tenant at the service.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Lang(StrEnum):
    """Languages that commands speak."""

    EN = "en"
    ZH = "zh"


LangOption = Annotated[
    Lang | None, typer.Option(help="Language; by default that of the environment.")
]


def language_of(environment: Mapping[str, str] = os.environ) -> Lang:
    """The language of a user's environment: the first of LC_ALL, LC_MESSAGES, LANG that is set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return Lang.ZH if environment[name].lower().startswith("zh") else Lang.EN
    return Lang.EN


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls methods with a deadline and, where there is one, a token."""

    channel: grpc.aio.Channel
    token: str

    async def __call__[Q](self, method: Callable[..., Any], request: Q) -> Any:
        """The answer to a request; raises AioRpcError."""
        return await method(request, timeout=DEADLINE_SECONDS, metadata=self._metadata())

    def stream[Q](self, method: Callable[..., Any], request: Q, deadline_seconds: float) -> Any:
        """The answers to a request, an asynchronous iterator that raises AioRpcError."""
        return method(request, timeout=deadline_seconds, metadata=self._metadata())

    def _metadata(self) -> tuple[tuple[str, str], ...] | None:
        return (("authorization", f"Bearer {self.token}"),) if self.token else None


def own_tls() -> TlsFiles | None:
    """What a command shows to services with TLS, and whom it trusts; None: nothing is set.

    SWITCHYARD_TLS_CERT, SWITCHYARD_TLS_KEY and SWITCHYARD_TLS_CA name PEM files. BadParameter.
    """
    files = [os.environ.get(f"SWITCHYARD_TLS_{part}", "") for part in ("CERT", "KEY", "CA")]
    if not any(files):
        return None
    if not all(files):
        raise typer.BadParameter("set all of SWITCHYARD_TLS_CERT, _KEY and _CA, or none")
    return TlsFiles(*(Path(file) for file in files))


@asynccontextmanager
async def calling(target: str) -> AsyncIterator[Calls]:
    """A service at host:port; TLS files (`own_tls`) and SWITCHYARD_TOKEN, a bearer token, come
    from the environment."""
    async with open_channel(target, own_tls()) as channel:
        yield Calls(channel, os.environ.get("SWITCHYARD_TOKEN", ""))


def ask[T](who: str, work: Coroutine[Any, Any, T], exit_code: int = 2) -> T:
    """Run a command's work; a refusal by `who` ("the router") is told and ends the command."""
    try:
        return asyncio.run(work)
    except grpc.aio.AioRpcError as error:
        typer.echo(refusal_of(who, error), err=True)
        raise typer.Exit(exit_code) from error


def refusal_of(who: str, error: grpc.aio.AioRpcError) -> str:
    """Why a service did not do as asked, and what to do where it was not even reached."""
    reason = reason_of(error)
    if error.code() is grpc.StatusCode.UNAVAILABLE and not reason:
        return (
            f"{who} cannot be reached: start it (make run), or give the address of one that runs"
            f" ({error.details()})"
        )
    code = error.code().name + (f" ({reason})" if reason else "")
    return f"{who} refused: {code}: {error.details()}"


def trouble_of(error: Exception) -> str:
    """What is wrong, in words; of a file also its name and what to do."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; give another path, or put that right"
    return str(error)
