"""Seals, wrapped keys and the blind index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.service.vault import Unreadable, Vault

pytestmark = pytest.mark.unit

OLD, NEW = b"o" * 32, b"n" * 32
PHONE = ("demo", "phone", "", "+8619900001234")


@pytest.fixture(scope="module")
def vault() -> Vault:
    return MasterKeyVault([OLD])


@given(text=st.text())
def test_gives_back_what_was_sealed(vault: Vault, text: str) -> None:
    key, wrapped = vault.new_key()
    assert vault.open(wrapped).unseal("records.name", key.seal("records.name", text)) == text


def test_shows_neither_text_nor_that_two_texts_are_equal(vault: Vault) -> None:
    key, _ = vault.new_key()
    first, second = (key.seal("records.name", "王芳") for _ in range(2))
    assert first != second
    assert "王芳".encode() not in first


def test_a_text_can_be_read_only_where_it_belongs(vault: Vault) -> None:
    key, _ = vault.new_key()
    with pytest.raises(Unreadable, match=r"cases\.subject"):
        key.unseal("cases.subject", key.seal("records.name", "王芳"))


def test_another_records_key_opens_nothing(vault: Vault) -> None:
    (one, _), (other, _) = vault.new_key(), vault.new_key()
    with pytest.raises(Unreadable):
        other.unseal("records.name", one.seal("records.name", "王芳"))


@given(position=st.integers(0, 40), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(vault: Vault, position: int, change: int) -> None:
    key, _ = vault.new_key()
    sealed = bytearray(key.seal("records.name", "a name"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(Unreadable):
        key.unseal("records.name", bytes(sealed))


@pytest.mark.parametrize("length", [0, 3, 11, 12, 20])
def test_what_is_too_short_is_unreadable(vault: Vault, length: int) -> None:
    key, wrapped = vault.new_key()
    with pytest.raises(Unreadable):
        key.unseal("records.name", key.seal("records.name", "")[:length])
    with pytest.raises(Unreadable):
        vault.open(wrapped[:length])


def test_a_new_master_key_takes_over_without_reading_anything_anew(vault: Vault) -> None:
    key, wrapped = vault.new_key()
    sealed = key.seal("records.name", "王芳")
    both = MasterKeyVault([NEW, OLD])
    moved = both.rewrap(wrapped)
    assert moved is not None
    assert both.open(moved).unseal("records.name", sealed) == "王芳"
    assert both.rewrap(moved) is None
    with pytest.raises(Unreadable, match="master key"):
        vault.open(moved)
    assert both.index(*PHONE) == vault.index(*PHONE), "what was stored is still found"


def test_the_index_depends_on_everything_that_makes_a_value_what_it_is(vault: Vault) -> None:
    tenant, kind, namespace, value = PHONE
    others = {
        vault.index("other", kind, namespace, value),
        vault.index(tenant, "email", namespace, value),
        vault.index(tenant, kind, "wechat", value),
        vault.index(tenant, kind, namespace, value + "0"),
        vault.index(tenant, kind[:-1], kind[-1], value),
        vault.index(tenant, kind, value, ""),
        MasterKeyVault([NEW]).index(*PHONE),
    }
    assert vault.index(*PHONE) not in others
    assert len(vault.index(*PHONE)) == 32


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b""]])
def test_a_vault_takes_only_whole_keys(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKeyVault(keys)
