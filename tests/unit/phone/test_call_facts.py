"""Who calls, by what the network says; what a bad line costs."""

import pytest
from switchyard_phone.adapters.sip.facts import facts_of
from switchyard_phone.adapters.sip.message import Message
from switchyard_phone.domain.calls import Line, Quality

pytestmark = pytest.mark.unit


def invite(uri: str = "sip:2000@pbx", **headers: str) -> Message:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    base = [("From", "<sip:1001@pbx>;tag=1"), ("To", "<sip:+49300@pbx>"), ("Call-ID", "c1")]
    return Message(f"INVITE {uri} SIP/2.0", [*given, *base])


def test_the_asserted_identity_goes_before_from() -> None:
    facts = facts_of(
        invite(P_Asserted_Identity='"Li, Wei" <sip:+8613800138000@ims>'), ("10.1.1.1", 5060)
    )
    assert (facts.caller, facts.dialled, facts.peer) == ("+8613800138000", "2000", "10.1.1.1")
    assert (facts.id, facts.line) == ("c1", Line.SIP)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("tel:+8613800138000;phone-context=x", "+8613800138000"),
        ("<tel:+8613800138000>", "+8613800138000"),
        ("<sip:+8613800138000;npdi@ims;user=phone>", "+8613800138000"),
        ("sips:alice:secret@ims", "alice"),
        ("<sip:ims.example>", "1001"),
        ("<sip:anonymous@anonymous.invalid>", "1001"),
        ("rubbish", "1001"),
    ],
)
def test_numbers_are_read_in_every_form(value: str, number: str) -> None:
    assert facts_of(invite(P_Asserted_Identity=value), ("10.1.1.1", 5060)).caller == number


def test_without_a_user_in_the_request_to_names_the_number_dialled() -> None:
    assert facts_of(invite("sip:pbx"), ("10.1.1.1", 5060)).dialled == "+49300"


def test_only_extensions_are_passed_on_and_not_without_end() -> None:
    many = {f"X_{number}": "v" * 1000 for number in range(100)}
    facts = facts_of(invite(**many, Subject="hello"), ("10.1.1.1", 5060))
    assert len(facts.headers) == 32
    assert all(name.startswith("x-") and len(text) == 512 for name, text in facts.headers.items())


def test_facts_do_not_show_numbers_when_printed() -> None:
    assert "1001" not in repr(facts_of(invite(X_Number="1001"), ("10.1.1.1", 5060)))


def test_a_clean_line_is_good_and_losses_cost() -> None:
    clean = Quality(received=1000)
    lossy = [Quality(received=1000 - lost, lost=lost).mos for lost in (10, 50, 200)]
    assert clean.mos == pytest.approx(4.4, abs=0.05)
    assert clean.mos > lossy[0] > lossy[1] > lossy[2] >= 1
    assert Quality(received=1, lost=10_000, jitter_ms=500).mos == 1.0


def test_delay_costs_more_beyond_what_is_noticed() -> None:
    near, far, farther = (Quality(received=1, round_trip_ms=ms).mos for ms in (20, 300, 800))
    assert near > far > farther
    assert near - far < far - farther
