"""Debian's sipp as the other side of a call: scenarios made of steps, run as a process."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

SOUNDS = Path("/usr/share/sip-tester")
_GIVE_UP_SECONDS = 300
_STARTS = 5
_CANNOT_START = 254
_REPETITIONS = 10
"""More than a request is sent again before it is given up (RFC 3261, 17.1.2)."""


@dataclass(frozen=True)
class Codec:
    payload: int
    name: str


PCMU = Codec(0, "PCMU")
PCMA = Codec(8, "PCMA")


def sdp(codecs: Sequence[Codec], direction: str = "sendrecv", telephone_events: bool = True) -> str:
    payloads = [str(codec.payload) for codec in codecs]
    lines = [f"a=rtpmap:{codec.payload} {codec.name}/8000" for codec in codecs]
    if telephone_events:
        payloads.append("101")
        lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"]
    return "\n".join(
        (
            "v=0",
            "o=user1 53655765 [cseq] IN IP4 [local_ip]",
            "s=-",
            "c=IN IP4 [media_ip]",
            "t=0 0",
            f"m=audio [media_port] RTP/AVP {' '.join(payloads)}",
            *lines,
            f"a={direction}",
        )
    )


_OURS = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch{back}];rport
From: {caller};tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
"""


@dataclass(frozen=True)
class Caller:
    """What a caller's switch says of them, and how it speaks."""

    name: str = "<sip:+4930123456@[local_ip]:[local_port]>"
    headers: tuple[str, ...] = ()
    codecs: tuple[Codec, ...] = (PCMU,)
    telephone_events: bool = True
    replaces: bool = False


class Scenario:
    """Steps of a caller, in order. Every method adds one and gives the scenario back."""

    def __init__(self, caller: Caller = Caller()) -> None:
        self._caller = caller
        self._steps: list[str] = []
        self._cseq = 0
        self._invited = 0  # the step of the last INVITE, whose branch CANCEL and ACK share

    def invite(
        self,
        direction: str = "sendrecv",
        again: bool = False,
        codecs: tuple[Codec, ...] | None = None,
    ) -> "Scenario":
        """Call, or, `again`, renegotiate the call; `codecs` are others than the caller's."""
        self._cseq += 1
        self._invited = len(self._steps)
        offered = codecs or self._caller.codecs
        body = sdp(offered, direction, self._caller.telephone_events)
        head = self._head("INVITE", self._cseq, "[peer_tag_param]" if again else "")
        extra = "".join(f"{line}\n" for line in self._caller.headers)
        extra += "Supported: replaces\n" if self._caller.replaces else ""
        return self._send(f"{head}{extra}Content-Type: application/sdp\n", body, retransmit=True)

    def expect(self, status: int) -> "Scenario":
        """A final response; provisional ones are passed over."""
        for provisional in (100, 180, 183):
            self._steps.append(f'<recv response="{provisional}" optional="true"/>')
        self._steps.append(f'<recv response="{status}" rrs="true" rtd="true"/>')
        return self

    def expect_refusal(self, status: int) -> "Scenario":
        """A refusal of the call, acknowledged."""
        return self.expect(status).ack(refused=True)

    def ack(self, refused: bool = False) -> "Scenario":
        back = self._back() if refused else ""
        return self._send(self._head("ACK", self._cseq, "[peer_tag_param]", back))

    def answered(self) -> "Scenario":
        """The call is taken."""
        return self.expect(200).ack()

    def cancel(self) -> "Scenario":
        """Give up before the answer."""
        self._send(self._head("CANCEL", self._cseq, "", self._back()))
        self._steps.append('<recv response="200"/>')
        self._steps.append('<recv response="487"/>')
        return self.ack(refused=True)

    def ringing(self) -> "Scenario":
        self._steps.append('<recv response="100" optional="true"/>')
        self._steps.append('<recv response="180"/>')
        return self

    def pause(self, seconds: float) -> "Scenario":
        self._steps.append(f'<pause milliseconds="{int(seconds * 1000)}"/>')
        return self

    def play(self, sound: str) -> "Scenario":
        """Send the packets of one of the files that come with sipp."""
        path = SOUNDS / f"{sound}.pcap"
        self._steps.append(f'<nop><action><exec play_pcap_audio="{path}"/></action></nop>')
        return self

    def press(self, keys: str) -> "Scenario":
        """Keys by RFC 2833, one after the other."""
        names = {"*": "star", "#": "pound"}
        for key in keys:
            self.play(f"dtmf_2833_{names.get(key, key)}").pause(0.8)
        return self

    def wants_a_person(self) -> "Scenario":
        """Press 0, and be ready for whatever comes of it."""
        return self.pause(0.5).play("dtmf_2833_0")

    def bye(self) -> "Scenario":
        self._cseq += 1
        self._send(self._head("BYE", self._cseq, "[peer_tag_param]"), retransmit=True)
        self._steps.append('<recv response="200"/>')
        return self

    def hung_up_on(self) -> "Scenario":
        """The other side ends the call."""
        self._steps.append('<recv request="BYE"/>')
        return self._reply(200, "OK")

    def referred(self, status: int = 202) -> "Scenario":
        """The other side wants the caller transferred; this is the answer."""
        self._steps.append('<recv request="REFER" crlf="true"/>')
        return self._reply(status, "Accepted" if status == 202 else "No")

    def referred_and_leaves(self) -> "Scenario":
        """The other side wants the caller transferred, who hangs up at that moment."""
        self._steps.append('<recv request="REFER"/>')
        self._cseq += 1
        self._send(self._head("BYE", self._cseq, "[peer_tag_param]"), retransmit=True)
        self._steps += ['<recv request="REFER" optional="true"/>'] * _REPETITIONS
        self._steps.append('<recv response="200"/>')
        return self

    def given_up(self) -> "Scenario":
        """The other side wants to hear no more of the transfer."""
        self._steps.append('<recv request="SUBSCRIBE"/>')
        return self._reply(200, "OK")

    def notify(self, sipfrag: str, state: str = "active") -> "Scenario":
        """What became of the transfer so far, such as `SIP/2.0 200 OK`."""
        self._cseq += 1
        head = self._head("NOTIFY", self._cseq, "[peer_tag_param]")
        head += f"Event: refer\nSubscription-State: {state}\nContent-Type: message/sipfrag\n"
        self._send(head, sipfrag + "\n", retransmit=True)
        # Whoever stood still when the REFER was answered has sent it again; sipp does not know it
        # for a repetition once two messages have left since.
        self._steps += ['<recv request="REFER" optional="true"/>'] * _REPETITIONS
        self._steps.append('<recv response="200"/>')
        return self

    def refer(self, target: str) -> "Scenario":
        """Ask the other side to call somebody."""
        self._cseq += 1
        head = self._head("REFER", self._cseq, "[peer_tag_param]")
        return self._send(f"{head}Refer-To: <{target}>\n", retransmit=True)

    def held(self) -> "Scenario":
        """The other side puts the call on hold."""
        self._steps.append('<recv request="INVITE"/>')
        return self._agree("[last_To:]").acknowledged()

    def held_until_hung_up_on(self) -> "Scenario":
        """The other side puts the call on hold and ends it, maybe without waiting for the hold."""
        at_once = '<recv request="BYE" optional="true" next="1"/>'
        self._steps += [at_once, '<recv request="INVITE"/>']
        self._agree("[last_To:]")
        self._steps += [at_once, '<recv request="ACK"/>', '<recv request="BYE"/>']
        self._steps.append('<label id="1"/>')
        return self._reply(200, "OK")

    def acknowledged(self) -> "Scenario":
        self._steps.append('<recv request="ACK"/>')
        return self

    def called(self) -> "Scenario":
        """The other side calls, and is answered."""
        self._steps.append('<recv request="INVITE" rrs="true"/>')
        self._reply(180, "Ringing", "[last_To:];tag=[pid]u[call_number]")
        return self._agree("[last_To:];tag=[pid]u[call_number]").acknowledged()

    def called_and_refuses(self, status: int) -> "Scenario":
        """The other side calls, in vain."""
        self._steps.append('<recv request="INVITE"/>')
        return self._reply(status, "No", "[last_To:];tag=[pid]u[call_number]").acknowledged()

    def called_and_rings(self) -> "Scenario":
        """The other side calls and gives up."""
        tagged = "[last_To:];tag=[pid]u[call_number]"
        self._steps.append('<recv request="INVITE"/>')
        self._reply(180, "Ringing", tagged)
        self._steps.append('<recv request="CANCEL"/>')
        return self._reply(200, "OK")

    def ask(self, method: str) -> "Scenario":
        """A request of its own."""
        self._cseq += 1
        return self._send(self._head(method, self._cseq, ""), retransmit=True)

    def xml(self) -> str:
        steps = "\n".join(self._steps)
        head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">'
        return f'{head}\n<scenario name="caller">\n{steps}\n</scenario>\n'

    def _back(self) -> str:
        return f"-{len(self._steps) - self._invited}"

    def _head(self, method: str, cseq: int, tag: str, back: str = "") -> str:
        start = f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n"
        return start + _OURS.format(
            caller=self._caller.name, tag=tag, cseq=cseq, method=method, back=back
        )

    def _send(self, head: str, body: str = "", retransmit: bool = False) -> "Scenario":
        text = f"{head}Content-Length: [len]\n\n{body}"
        attribute = ' retrans="500"' if retransmit else ""
        self._steps.append(f"<send{attribute}><![CDATA[\n{text}\n]]></send>")
        return self

    def _reply(self, status: int, reason: str, to: str = "[last_To:]") -> "Scenario":
        return self._respond(f"SIP/2.0 {status} {reason}", to, "")

    def _agree(self, to: str) -> "Scenario":
        return self._respond("SIP/2.0 200 OK", to, sdp(self._caller.codecs))

    def _respond(self, start: str, to: str, body: str) -> "Scenario":
        supported = "Supported: replaces\n" if self._caller.replaces else ""
        kind = "Content-Type: application/sdp\n" if body else ""
        text = (
            f"{start}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n{to}\n[last_Call-ID:]\n"
            f"[last_CSeq:]\nContact: <sip:sipp@[local_ip]:[local_port]>\n"
            f"{supported}{kind}Content-Length: [len]\n\n{body}"
        )
        self._steps.append(f"<send><![CDATA[\n{text}\n]]></send>")
        return self


@dataclass
class Ran:
    """How a scenario went."""

    status: int
    output: str
    messages: str = field(repr=False)

    @property
    def well(self) -> bool:
        return self.status == 0

    def received(self, start: str) -> list[str]:
        """Messages that came in and begin so."""
        blocks = re.split(r"(?m)^-{20,}.*\n", self.messages)
        texts = [block.partition("\n\n")[2] for block in blocks if "received" in block[:40]]
        return [text for text in texts if text.startswith(start)]


def free_port(host: str = "127.0.0.1") -> int:
    """The first of four UDP ports that nobody listens on: RTP and RTCP of sound and pictures."""
    while True:
        with ExitStack() as probes:
            first = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            first.bind((host, 0))
            port: int = first.getsockname()[1]
            if port % 2 or port > 65_000:
                continue
            try:
                for further in range(1, 4):
                    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    probes.enter_context(probe).bind((host, port + further))
            except OSError:
                continue
            return port


def free_tcp_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


class Sipp:
    """Runs scenarios against one address, in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._runs = 0

    @asynccontextmanager
    async def calling(
        self, scenario: Scenario, calls: int = 1
    ) -> AsyncIterator["asyncio.Task[Ran]"]:
        """The scenario runs beside the block; its task tells how it went."""
        async with _beside(self.run(scenario, calls=calls)) as task:
            yield task

    @asynccontextmanager
    async def awaiting(self, scenario: Scenario) -> AsyncIterator[tuple[str, "asyncio.Task[Ran]"]]:
        """A telephone that can be called, by its URI, and how that went."""
        port = free_port()
        async with _beside(self._play(scenario, "127.0.0.1", port, ())) as task:
            yield f"sip:1001@127.0.0.1:{port}", task

    async def run(
        self,
        scenario: Scenario,
        dialled: str = "2000",
        calls: int = 1,
        rate: int = 10,
        host: str = "127.0.0.1",
    ) -> Ran:
        """Call, and play a scenario to its end."""
        target = (f"127.0.0.1:{self._port}", "-s", dialled, "-r", str(rate), "-l", str(calls))
        return await self._play(scenario, host, 0, target, calls)

    async def _play(
        self, scenario: Scenario, host: str, port: int, target: Sequence[str], calls: int = 1
    ) -> Ran:
        """Begin anew with other ports when somebody was faster at one of them."""
        for _ in range(_STARTS):
            ran = await self._play_once(scenario, host, port or free_port(host), target, calls)
            if ran.status != _CANNOT_START or "Unable to bind" not in ran.output:
                return ran
        raise AssertionError("sipp finds no free ports")

    async def _play_once(
        self, scenario: Scenario, host: str, port: int, target: Sequence[str], calls: int
    ) -> Ran:
        self._runs += 1
        name = self._folder / f"run{self._runs}"
        name.with_suffix(".xml").write_text(scenario.xml())
        process = await asyncio.create_subprocess_exec(
            *("sipp", *target, "-sf", f"{name}.xml", "-i", host, "-p", str(port)),
            *("-mi", host, "-mp", str(free_port(host)), "-m", str(calls), "-nostdin"),
            *("-trace_msg", "-message_file", f"{name}.log", "-message_overwrite", "true"),
            *("-trace_err", "-error_file", f"{name}.err", "-error_overwrite", "true"),
            *("-default_behaviors", "all,-bye"),
            *("-timeout", f"{_GIVE_UP_SECONDS}s", "-timeout_error"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self._folder,
        )
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Ran(status, _text(name.with_suffix(".err")), _text(name.with_suffix(".log")))


@asynccontextmanager
async def _beside(work: Coroutine[None, None, Ran]) -> AsyncIterator["asyncio.Task[Ran]"]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait((task,))


def _text(path: Path) -> str:
    return path.read_text(errors="replace").replace("\r\n", "\n") if path.exists() else ""
