"""Signatures, encryption and XML of channels, against the examples that their makers publish."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_gateway.domain.channels import Address, for_customer, picked, spelled
from switchyard_gateway.domain.conversation import EntryId, Message, Role
from switchyard_gateway.domain.signatures import BadSignature, check, sign
from switchyard_gateway.domain.wechat import LARGEST_TEXT_BYTES, letters, pieces
from switchyard_gateway.entrypoints.channels import wechat_crypto
from switchyard_gateway.entrypoints.channels.wechat_crypto import Envelope
from switchyard_gateway.entrypoints.channels.wechat_xml import cdata, parse

from tests.fakes.gateway import wechat_examples as example

pytestmark = pytest.mark.unit

SECRET = "a-secret-of-enough-length"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


# The webhook's signature


def test_a_signature_is_hmac_sha256_over_time_and_body() -> None:
    digest = hmac.new(SECRET.encode(), b'1714037059.{"id":"1"}', hashlib.sha256).hexdigest()
    assert sign(SECRET, 1714037059, b'{"id":"1"}') == f"t=1714037059,v1={digest}"


@given(st.binary(max_size=200), st.integers(0, 10**10))
def test_what_was_signed_is_accepted(body: bytes, seconds: int) -> None:
    check(SECRET, sign(SECRET, seconds, body), body, seconds + 1.5, 300)


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_another_body_is_refused(body: bytes, other: bytes) -> None:
    if body != other:
        with pytest.raises(BadSignature, match="does not fit"):
            check(SECRET, sign(SECRET, 100, body), other, 100, 300)


def test_another_secret_and_another_time_are_refused() -> None:
    value = sign(SECRET, 100, b"x")
    with pytest.raises(BadSignature):
        check("another secret altogether", value, b"x", 100, 300)
    with pytest.raises(BadSignature):
        check(SECRET, value.replace("t=100", "t=101"), b"x", 100, 300)


def test_a_secret_can_be_changed_while_both_are_signed_with() -> None:
    old, new = sign("the old secret", 100, b"x"), sign(SECRET, 100, b"x")
    check(SECRET, f"{old},{new.partition(',')[2]}", b"x", 100, 300)


@pytest.mark.parametrize("now", [100 - 301, 100 + 301])
def test_what_is_too_old_or_from_the_future_is_a_replay(now: float) -> None:
    with pytest.raises(BadSignature) as caught:
        check(SECRET, sign(SECRET, 100, b"x"), b"x", now, 300)
    assert caught.value.reason == "REPLAY"


@given(st.text(max_size=100))
def test_what_is_no_signature_is_refused(value: str) -> None:
    with pytest.raises(BadSignature):
        check(SECRET, value, b"x", 100, 300)


# WeChat: developers.weixin.qq.com, "消息加解密说明"


@pytest.mark.parametrize(("parts", "expected"), example.SIGNATURES)
def test_signatures_are_as_the_platform_documents_them(
    parts: tuple[str, ...], expected: str
) -> None:
    assert wechat_crypto.signature(*parts) == expected
    wechat_crypto.check(expected, *reversed(parts))
    with pytest.raises(BadSignature):
        wechat_crypto.check(expected, *parts[:-1], "else")


def test_the_documented_ciphertext_is_opened() -> None:
    envelope = Envelope(example.APP_ID, example.AES_KEY)
    assert envelope.open(example.CIPHERTEXT).decode() == example.PLAINTEXT


@pytest.mark.parametrize("sealed", example.SEALED)
def test_answers_are_sealed_as_documented(sealed: example.Sealed) -> None:
    envelope = Envelope(sealed.app_id, sealed.aes_key, lambda _: sealed.random.encode())
    assert envelope.seal(sealed.message.encode()) == sealed.ciphertext
    assert envelope.open(sealed.ciphertext).decode() == sealed.message


@given(st.binary(max_size=300))
def test_what_is_sealed_is_opened(message: bytes) -> None:
    envelope = Envelope(example.APP_ID, example.AES_KEY)
    assert envelope.open(envelope.seal(message)) == message


def test_a_message_of_another_account_is_refused() -> None:
    sealed = Envelope("wxanother", example.AES_KEY).seal(b"x")
    with pytest.raises(BadSignature):
        Envelope(example.APP_ID, example.AES_KEY).open(sealed)


@given(st.text(max_size=120) | st.binary(max_size=96).map(lambda raw: raw.hex()))
def test_what_is_no_ciphertext_is_refused(ciphertext: str) -> None:
    with pytest.raises(BadSignature):
        Envelope(example.APP_ID, example.AES_KEY).open(ciphertext)


# XML


def test_the_documented_text_message_is_read() -> None:
    assert parse(example.TEXT.encode()) == {
        "ToUserName": "toUser",
        "FromUserName": "fromUser",
        "CreateTime": "1348831860",
        "MsgType": "text",
        "Content": "this is a test",
        "MsgId": "1234567890123456",
    }


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><C>&b;</C></xml>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><C>&f;</C></xml>',
        b'<!DOCTYPE x SYSTEM "http://evil.example/x.dtd"><xml/>',
        b"<xml><C>&undeclared;</C></xml>",
        b"<a><b><c><d><e/></d></c></b></a>",
        b"<xml>" + b"<a/>" * 500 + b"</xml>",
        b"<xml><C>not closed",
        b"{}",
        b"",
    ],
)
def test_xml_that_could_expand_or_is_none_is_refused(attack: bytes) -> None:
    with pytest.raises(DomainError) as caught:
        parse(attack)
    assert caught.value.reason == "BAD_XML"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_text_in_an_answer_stays_text(text: str) -> None:
    read = parse(f"<xml><Content>{cdata(text)}</Content></xml>".encode())
    kept = "".join(char for char in text if char not in "\ufffe\uffff")
    assert read == {"Content": kept.replace("\r", "\n")}


def test_control_characters_do_not_break_an_answer() -> None:
    assert parse(f"<xml><C>{cdata('a' + chr(0) + chr(11) + 'b]]>c')}</C></xml>".encode()) == {
        "C": "ab]]>c"
    }


# Messages of limited size


@given(st.text(max_size=3000))
def test_no_part_of_a_text_is_too_long_and_nothing_is_lost(text: str) -> None:
    parts = pieces(text)
    assert all(len(part.encode()) <= LARGEST_TEXT_BYTES for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.lists(st.text(max_size=1200), max_size=8))
def test_texts_go_together_as_far_as_they_fit_and_in_order(texts: list[str]) -> None:
    entries = [(EntryId(f"{number}-0"), text) for number, text in enumerate(texts, start=1)]
    sent = list(letters(entries))
    assert all(len(text.encode()) <= LARGEST_TEXT_BYTES for _, text in sent)
    whole = "".join("".join(text for _, text in sent).split())
    assert whole == "".join("".join(texts).split())
    if entries:
        assert sent[-1][0] == entries[-1][0], "the last one is known to be delivered"


def test_short_texts_are_one_message() -> None:
    entries = [(EntryId("1-0"), "您好"), (EntryId("2-0"), "还有什么可以帮您？")]
    assert list(letters(entries)) == [(EntryId("2-0"), "您好\n\n还有什么可以帮您？")]


# What customers of channels see and pick


def said(role: Role, notice: str = "", choices: tuple[str, ...] = ()) -> Message:
    return Message(EntryId("1-0"), "m", role, "Which?", NOW, "", notice, choices)


def test_choices_are_listed_with_numbers_that_can_be_written() -> None:
    assert spelled(said(Role.BOT, choices=("Yes", "No"))) == "Which?\n1. Yes\n2. No"
    assert picked("2", ("Yes", "No")) == "No"
    assert picked(" 1. ", ("Yes", "No")) == "Yes"
    assert picked("3", ("Yes", "No")) == "3"
    assert picked("2 apples", ("Yes", "No")) == "2 apples"
    assert picked("5", ()) == "5"


def test_customers_are_not_sent_their_own_words() -> None:
    assert for_customer(said(Role.BOT))
    assert for_customer(said(Role.SYSTEM, "agent_joined"))
    assert not for_customer(said(Role.CUSTOMER))


def test_an_address_is_not_in_its_key() -> None:
    key = Address("wechat", "wx1", "openid-of-somebody").key
    assert "openid" not in key
    assert key != Address("wechat", "wx2", "openid-of-somebody").key
