"""A telephone that calls by TLS, Debian's kamailio, and a line that speaks UDP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from switchyard_phone.domain.audio import frames_of
from switchyard_phone.domain.calls import Ended
from switchyard_phone.service.leg import CallLeg

from tests.fakes.certificates import Authority
from tests.fakes.phone.kamailio import SHIPPED, kamailio
from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import free_tcp_port
from tests.fakes.phone.softphone import softphone
from tests.fakes.phone.sounds import prompt
from tests.fakes.phone.waiting import all_events, until_heard

pytestmark = pytest.mark.integration

PROMPT = prompt(1.5)


@dataclass
class TlsSite:
    port: int
    authority: Authority


@asynccontextmanager
async def tls_site(folder: Path, line: int) -> AsyncIterator[TlsSite]:
    """The shipped configuration with the shipped tls.cfg, whose files are a test's."""
    authority, port = Authority(folder / "ca"), free_tcp_port()
    files = authority.server()
    own = {"server.pem": files.cert, "server.key": files.key, "ca.pem": files.ca}
    text = (SHIPPED / "tls.cfg").read_text()
    for name, path in own.items():
        text = text.replace(f"/etc/kamailio/tls/{name}", str(path))
    (folder / "proxy").mkdir()
    (folder / "proxy" / "tls.cfg").write_text(text)
    more = f"#!define WITH_TLS\nlisten=tls:127.0.0.1:{port}\n"
    async with kamailio(folder / "proxy", [line], more=more):
        yield TlsSite(port, authority)


async def test_a_call_by_tls_is_heard_and_ended_by_either_side(tmp_path: Path) -> None:
    causes: list[Ended | None] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        await leg.play(frames_of(PROMPT))
        if causes:
            await leg.hang_up()  # over the connection that the telephone opened
        await all_events(leg)
        causes.append(leg.ended)

    async with (
        sip_line() as line,
        serving(line, serve),
        tls_site(tmp_path, line.port) as site,
        softphone(tmp_path / "caller", b"", params=";transport=tls") as caller,
    ):
        target = f"sip:2000@127.0.0.1:{site.port};transport=tls"
        await caller.dial(target)
        await caller.connected()
        await until_heard(caller.heard, PROMPT)
        await caller.hang_up()
        await caller.dial(target)
        await caller.connected()
        await caller.over()
    assert causes == [Ended.CALLER, Ended.HERE]
