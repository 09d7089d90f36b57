"""What files may be sent, and under what name they are kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.files import (
    FILE_TYPES,
    FileLimits,
    FileRefused,
    check_file_id,
    clean_name,
    examine,
    file_id,
    recognise,
)

from tests.fakes.gateway.pictures import GIF, JPEG, PDF, PNG, WEBP

pytestmark = pytest.mark.unit

CHAT = ConversationId("c1")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str) -> None:
    assert recognise(content) == kind
    file = examine(CHAT, "m1", "anything.exe", content, FileLimits())
    assert (file.type, file.content) == (kind, content)
    assert file.name.startswith("anything.")
    assert not file.name.endswith(".exe")


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04 an archive",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b" %PDF-1.7",
        b"\x00" + PNG,
    ],
)
def test_what_is_not_recognised_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        examine(CHAT, "m1", "photo.png", content, FileLimits())
    assert caught.value.reason == "FILE_TYPE"


def test_a_type_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(FileRefused) as caught:
        examine(CHAT, "m1", "a.pdf", PDF, FileLimits(types=("image/png",)))
    assert caught.value.reason == "FILE_TYPE"


def test_an_empty_and_a_too_large_file_are_refused() -> None:
    limits = FileLimits(largest_bytes=len(PNG))
    with pytest.raises(FileRefused, match="empty"):
        examine(CHAT, "m1", "a.png", b"", limits)
    assert examine(CHAT, "m1", "a.png", PNG, limits).content == PNG
    with pytest.raises(FileRefused) as caught:
        examine(CHAT, "m1", "a.png", PNG + b"\x00", limits)
    assert caught.value.reason == "FILE_TOO_LARGE"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("我的发票（四月）.JPG", "我的发票（四月）.png"),
        ("../../etc/passwd", "passwd.png"),
        (r"C:\Users\me\photo.png", "photo.png"),
        ("photo\u202egnp.exe", "photo gnp.png"),
        ('"; filename="x.html', "filename x.png"),
        ("<img src=x onerror=alert(1)>.png", "img src x onerror alert(1).png"),
        ("line\r\nset-cookie: a=b.png", "line set-cookie a b.png"),
        ("", "file.png"),
        ("...", "file.png"),
        ("a" * 300 + ".png", "a" * 80 + ".png"),
    ],
)
def test_a_name_is_made_safe(given_name: str, kept: str) -> None:
    assert clean_name(given_name, "image/png") == kept


@given(st.text(max_size=200), st.sampled_from(FILE_TYPES))
def test_no_name_holds_control_or_direction_characters(name: str, kind: str) -> None:
    cleaned = clean_name(name, kind)
    assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(char) for char in cleaned}
    assert not set('<>"/\\:;%') & set(cleaned)
    assert 5 <= len(cleaned) <= 85


@given(st.binary(max_size=64))
def test_whatever_comes_is_recognised_or_refused(content: bytes) -> None:
    assert recognise(content) in (*FILE_TYPES, "")


def test_the_same_message_gives_the_same_file() -> None:
    assert file_id("m1") == file_id("m1") != file_id("m2")
    assert check_file_id(file_id("m1")) == file_id("m1")
