"""The door as a proxy: routes, addresses and ways back, without a network."""

import asyncio
from typing import override

import pytest
from switchyard_phone.adapters.sip.door import Addresses, Door, DoorMeter
from switchyard_phone.adapters.sip.message import Message, NotSip, parse
from switchyard_phone.domain.admission import Admission
from switchyard_phone.domain.calls import CallId

pytestmark = pytest.mark.unit

PEER = ("192.0.2.7", 5060)
HERE = Addresses(
    outside=("10.0.0.5", 5070),
    told=("203.0.113.9", 5070),
    inside=("10.0.0.5", 40001),
    stack=("10.0.0.5", 40002),
)
INVITE = """\
INVITE sip:2000@203.0.113.9:5070 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKabc;rport
Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKfirst
Record-Route: <sip:192.0.2.7;lr>
From: "A" <sip:1001@192.0.2.7>;tag=a1
To: <sip:2000@203.0.113.9>
i: call-1@192.0.2.7
CSeq: 1 INVITE
Max-Forwards: 70
m: <sip:1001@192.0.2.99>
"""
BYE_BY_STACK = """\
BYE sip:1001@192.0.2.99 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.5:40002;branch=z9hG4bKstack;rport
Route: <sip:10.0.0.5:40001;lr>, <sip:203.0.113.9:5070;lr>, <sip:192.0.2.7;lr>
From: <sip:2000@203.0.113.9>;tag=b1
To: "A" <sip:1001@192.0.2.7>;tag=a1
Call-ID: call-1@192.0.2.7
CSeq: 9 BYE
Max-Forwards: 70
"""
SDP = "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\nc=IN IP4 10.0.0.5\r\nm=audio 20000 RTP/AVP 0\r\n"


class Wire(asyncio.DatagramTransport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[Message, object]] = []

    @override
    def sendto(self, data: object, addr: object = None) -> None:
        assert isinstance(data, bytes)
        self.sent.append((parse(data), addr))

    @override
    def is_closing(self) -> bool:
        return False


class World:
    def __init__(self) -> None:
        self.outside, self.inside = Wire(), Wire()
        self.admission = Admission(at_once=10, per_second=10)
        self.door = Door(HERE, lambda host: host == PEER[0], self.admission, DoorMeter())
        self.door.connect(self.outside, self.inside)

    def arrives(self, text: str, body: str = "") -> None:
        self.door.from_outside(wire(text, body), PEER)

    def stack_sends(self, text: str, body: str = "") -> None:
        self.door.from_inside(wire(text, body), HERE.stack)

    def invited(self) -> Message:
        self.arrives(INVITE)
        return self.inside.sent[-1][0]


def wire(text: str, body: str = "") -> bytes:
    return (text.replace("\n", "\r\n") + "\r\n" + body).encode()


def values(message: Message, name: str) -> list[str]:
    return [value for key, value in message.headers if key.lower() == name.lower()]


def response(request: Message, status: str, extra: str = "", body: str = "") -> tuple[str, str]:
    """What the stack answers, with the request's ways back."""
    kept = [f"{k}: {v}" for k, v in request.headers if k in ("Via", "Record-Route", "From", "CSeq")]
    kept.append(f"Call-ID: {request.get('Call-ID')}")
    kept.append(f"To: {request.get('To')};tag=b1")
    return "\n".join((f"SIP/2.0 {status}", *kept, *extra.split("\n"))).strip() + "\n", body


def test_a_call_reaches_the_stack_with_both_sides_of_the_door_in_its_route() -> None:
    world = World()
    invite = world.invited()
    assert values(invite, "Record-Route") == [
        "<sip:10.0.0.5:40001;lr>",
        "<sip:203.0.113.9:5070;lr>",
        "<sip:192.0.2.7;lr>",
    ]
    assert values(invite, "Via")[0].startswith("SIP/2.0/UDP 10.0.0.5:40001;branch=z9hG4bK")
    assert values(invite, "Via")[1].endswith(";received=192.0.2.7;rport=5060")
    assert invite.get("Max-Forwards") == "69"
    assert world.inside.sent[-1][1] == HERE.stack


def test_what_is_sent_again_and_its_cancel_get_the_same_branch() -> None:
    world = World()
    first, again = world.invited(), world.invited()
    world.arrives(INVITE.replace("INVITE", "CANCEL"))
    cancel = world.inside.sent[-1][0]
    assert values(first, "Via")[0] == values(again, "Via")[0] == values(cancel, "Via")[0]
    world.arrives(INVITE.replace("z9hG4bKabc", "z9hG4bKother"))
    assert values(world.inside.sent[-1][0], "Via")[0] != values(first, "Via")[0]


def test_an_answer_goes_where_the_request_came_from_and_names_the_address_that_is_told() -> None:
    world = World()
    extra = "Contact: <sip:switchyard@10.0.0.5:40002>\nContent-Type: application/sdp"
    world.stack_sends(*response(world.invited(), "200 OK", extra, SDP))
    answer, target = world.outside.sent[-1]
    assert target == PEER
    assert len(values(answer, "Via")) == 2
    assert answer.get("Contact") == "<sip:switchyard@203.0.113.9:5070>"
    assert answer.body == SDP.replace("10.0.0.5", "203.0.113.9").encode()
    assert int(answer.get("Content-Length")) == len(answer.body)


def test_a_request_of_the_stack_leaves_by_the_routes_of_the_others() -> None:
    world = World()
    world.stack_sends(BYE_BY_STACK)
    bye, target = world.outside.sent[-1]
    assert target == ("192.0.2.7", 5060)
    assert values(bye, "Route") == ["<sip:192.0.2.7;lr>"]
    assert values(bye, "Via")[0].startswith("SIP/2.0/UDP 203.0.113.9:5070;")


def test_the_answer_to_it_comes_back_to_the_stack() -> None:
    world = World()
    world.stack_sends(BYE_BY_STACK)
    bye = world.outside.sent[-1][0]
    world.arrives(response(bye, "200 OK")[0])
    answer, target = world.inside.sent[-1]
    assert target == HERE.stack
    assert values(answer, "Via")[0].startswith("SIP/2.0/UDP 10.0.0.5:40002;")


def test_an_answer_to_somebody_else_is_dropped() -> None:
    world = World()
    world.stack_sends(BYE_BY_STACK)
    bye = world.outside.sent[-1][0]
    bye.pop("Via")
    world.arrives(response(bye, "200 OK")[0])
    assert world.inside.sent == []


def test_what_other_processes_send_to_the_inner_side_is_dropped() -> None:
    world = World()
    world.door.from_inside(wire(BYE_BY_STACK), ("10.0.0.5", 40003))
    assert world.outside.sent == []


def test_a_refusal_of_the_stack_may_leave_with_another_status() -> None:
    world = World()
    invite = world.invited()
    world.door.refuse_with(CallId("call-1@192.0.2.7"), 503)
    world.stack_sends(*response(invite, "486 Busy Here"))
    assert world.outside.sent[-1][0].start == "SIP/2.0 503 Service Unavailable"
    assert world.admission.calls == 0
    assert world.door.facts(CallId("call-1@192.0.2.7")) is None


def test_the_acknowledgement_of_a_refusal_at_the_door_ends_there() -> None:
    world = World()
    world.admission.draining = True
    world.arrives(INVITE)
    refusal, target = world.outside.sent[-1]
    assert (refusal.status, target) == (503, PEER)
    tagged = INVITE.replace("INVITE", "ACK").replace(
        "To: <sip:2000@203.0.113.9>", f"To: {refusal.get('To')}"
    )
    world.arrives(tagged)
    assert world.inside.sent == []


def test_a_request_that_goes_round_in_circles_is_ended() -> None:
    world = World()
    world.arrives(INVITE.replace("Max-Forwards: 70", "Max-Forwards: 0"))
    assert world.outside.sent[-1][0].status == 483
    assert world.inside.sent == []


def test_a_transfer_leaves_with_its_context_and_a_bracketed_target() -> None:
    world = World()
    world.door.stamp(CallId("call-1@192.0.2.7"), {"X-Switchyard-Contact": "c/7"})
    refer = BYE_BY_STACK.replace("BYE", "REFER") + "Refer-To: sip:1@b?X-A=b\n"
    world.stack_sends(refer)
    sent = world.outside.sent[-1][0]
    assert sent.get("Refer-To") == "<sip:1@b?X-A=b>"
    assert sent.get("X-Switchyard-Contact") == "c/7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INVITE sip:a SIP/2.0",
        "INVITE sip:a SIP/2.0\nVia: x\n",
        INVITE.replace("CSeq: 1 INVITE", "CSeq: INVITE"),
        INVITE.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"),
        INVITE.replace("From", "Form"),
        INVITE + "without a colon\n",
    ],
)
def test_what_is_no_sip_is_told_apart(text: str) -> None:
    with pytest.raises(NotSip):
        parse(wire(text))


def test_folded_and_listed_headers_are_read() -> None:
    text = INVITE.replace("Max-Forwards: 70", 'X-Long: one\n two\nRoute: <sip:a;lr>, "b,c" <sip:d>')
    message = parse(wire(text))
    assert message.get("x-long") == "one two"
    assert values(message, "Route") == ["<sip:a;lr>", '"b,c" <sip:d>']
