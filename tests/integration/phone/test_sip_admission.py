"""Who may call by SIP, and how many: the door before the stack."""

import asyncio
import os
import socket
from contextlib import suppress
from ipaddress import ip_address, ip_network
from itertools import count
from pathlib import Path

import pytest
from switchyard_common.errors import StartError
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.sip_line import CountingMeter, serving, sip_line
from tests.fakes.phone.sipp import Scenario, Sipp
from tests.fakes.phone.waiting import all_events, until

pytestmark = pytest.mark.integration


async def answer(leg: CallLeg) -> None:
    await leg.answer()
    await all_events(leg)


async def test_one_call_more_than_allowed_is_busy(tmp_path: Path) -> None:
    meter = CountingMeter()
    async with sip_line(meter, calls_at_once=2) as line, serving(line, answer):
        sipp = Sipp(tmp_path, line.port)
        staying = Scenario().invite().answered().hung_up_on()
        async with sipp.calling(staying, calls=2) as calling:
            await until(lambda: line.calls == 2, "two calls")
            ran = await sipp.run(Scenario().invite().expect_refusal(486))
            assert ran.well, ran.output
            assert line.calls == 2
            await line.close()
            assert (await calling).well
    assert meter.refusals == ["busy"]


async def test_a_place_is_free_again_after_a_call(tmp_path: Path) -> None:
    served = count()

    async def serve(leg: CallLeg) -> None:
        if next(served) < 3:
            await answer(leg)
        else:
            await leg.refuse(480)

    async with sip_line(calls_at_once=1) as line, serving(line, serve):
        sipp = Sipp(tmp_path, line.port)
        for scenario in (
            *(Scenario().invite().answered().bye() for _ in range(3)),
            *(Scenario().invite().expect_refusal(480) for _ in range(3)),
        ):
            ran = await sipp.run(scenario)
            assert ran.well, ran.output
            await until(lambda: line.calls == 0, "a free place")


async def test_too_many_calls_in_a_short_time_are_sent_elsewhere(tmp_path: Path) -> None:
    meter = CountingMeter()
    # One call in a thousand seconds: however slow the machine, the second one is too early.
    async with sip_line(meter, calls_per_second=0.001) as line, serving(line, answer):
        sipp = Sipp(tmp_path, line.port)
        assert (await sipp.run(Scenario().invite().answered().bye())).well
        ran = await sipp.run(Scenario().invite().expect_refusal(503))
    assert ran.well, ran.output
    assert "Retry-After: " in ran.received("SIP/2.0 503")[0]
    assert meter.refusals == ["too_fast"]


async def test_peers_that_are_not_listed_may_not_call(tmp_path: Path) -> None:
    meter = CountingMeter()
    listed = ip_network("127.0.0.1/32")

    def may_call(host: str) -> bool:
        return ip_address(host) in listed

    async with sip_line(meter, may_call=may_call) as line, serving(line, answer):
        sipp = Sipp(tmp_path, line.port)
        ran = await sipp.run(Scenario().invite().expect_refusal(403), host="127.0.0.9")
        assert ran.well, ran.output
        assert line.calls == 0
        assert (await sipp.run(Scenario().invite().answered().bye())).well
    assert set(meter.refusals) == {"unlisted"}


async def test_while_draining_new_calls_are_sent_elsewhere_and_old_ones_go_on(
    tmp_path: Path,
) -> None:
    async with sip_line() as line, serving(line, answer):
        sipp = Sipp(tmp_path, line.port)
        staying = Scenario().invite().answered().pause(3).bye()
        async with sipp.calling(staying) as calling:
            await until(lambda: line.calls == 1, "a call")
            draining = asyncio.create_task(line.drain(60))
            await asyncio.sleep(0)
            ran = await sipp.run(Scenario().invite().expect_refusal(503))
            assert ran.well, ran.output
            assert (await calling).well
            assert await draining


async def test_options_tell_a_dispatcher_whether_calls_are_taken(tmp_path: Path) -> None:
    async with sip_line() as line:
        sipp = Sipp(tmp_path, line.port)
        assert (await sipp.run(Scenario().ask("OPTIONS").expect(200))).well
        assert await line.drain(0)
        assert (await sipp.run(Scenario().ask("OPTIONS").expect(503))).well


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH"])
async def test_nothing_but_calls_is_served(tmp_path: Path, method: str) -> None:
    async with sip_line() as line:
        ran = await Sipp(tmp_path, line.port).run(Scenario().ask(method).expect(405))
        assert ran.well, ran.output
        assert "INVITE" in ran.received("SIP/2.0 405")[0]


async def test_a_refer_without_a_call_is_refused(tmp_path: Path) -> None:
    async with sip_line() as line:
        assert (await Sipp(tmp_path, line.port).run(Scenario().ask("REFER").expect(603))).well


async def test_what_is_no_sip_is_dropped_and_harms_nobody(tmp_path: Path) -> None:
    meter = CountingMeter()
    fields = b"From: <sip:a@b>\r\nTo: <sip:b@c>\r\nCall-ID: 1\r\n"
    rubbish = (
        b"",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nVia: nothing\r\nCSeq: 1 INVITE\r\n" + fields + b"\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:x\r\nCSeq: 1 BYE\r\n" + fields + b"\r\n",
        b"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 INVITE\r\n" + fields + b"\r\n",
    )
    loop = asyncio.get_running_loop()
    async with sip_line(meter) as line, serving(line, answer):
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", line.port)
        )
        for datagram in rubbish:
            transport.sendto(datagram)
        await until(lambda: meter.refusals == ["not_sip"] * 4, "refusals of what is no SIP")
        transport.close()
        assert (await Sipp(tmp_path, line.port).run(Scenario().invite().answered().bye())).well


async def test_a_port_that_is_taken_is_told_with_the_setting() -> None:
    async with sip_line() as line:
        with pytest.raises(StartError, match="PHONE_SIP_PORT"):
            async with sip_line(port=line.port):
                pass


def own_udp_ports() -> set[int]:
    """UDP ports of this process on loopback, the stack's among them."""
    ports = set()
    for entry in Path("/proc/self/fd").iterdir():
        if not entry.is_socket():
            continue
        with suppress(OSError), socket.socket(fileno=os.dup(int(entry.name))) as found:
            if found.type == socket.SOCK_DGRAM and found.getsockname()[0] == "127.0.0.1":
                ports.add(found.getsockname()[1])
    return ports


async def test_nobody_reaches_the_stack_past_the_door(tmp_path: Path) -> None:
    meter = CountingMeter()
    async with sip_line(meter) as line, serving(line, answer):
        for port in own_udp_ports() - {line.port}:
            past = Scenario().ask("OPTIONS").pause(1)
            assert (await Sipp(tmp_path, port).run(past)).received("SIP/2.0") == []
        assert (await Sipp(tmp_path, line.port).run(Scenario().invite().answered().bye())).well
    assert meter.refusals == []


async def test_a_line_holds_nothing_open_that_is_not_its_own() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    async with sip_line():
        os.close(writer)
        assert os.read(reader, 1) == b""  # nobody else can write any more
    os.close(reader)
