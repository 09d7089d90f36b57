"""Keys, seals and the blind index: AES-256-GCM and HMAC-SHA-256 under keys from the operator.

The master keys are derived apart for wrapping and for the index (HKDF, RFC 5869), so that nothing
is made with a master key itself. Sealed: 12 bytes nonce, ciphertext, 16 bytes tag. Wrapped: 4 bytes
that tell the master key, then the sealed data key.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from switchyard_crm.service.vault import Unreadable

KEY_BYTES = 32
_NONCE_BYTES = 12
_NAME_BYTES = 4
_INDEX_BYTES = 16
_WRAPPED = b"switchyard data key"


class SealingKey:
    """The data key of a record. Making one costs a key schedule; it holds no other state."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, field: str, text: str) -> bytes:
        """The text, readable only with this key and for this field."""
        return _sealed(self._cipher, text.encode(), field.encode())

    def unseal(self, field: str, sealed: bytes) -> str:
        """The text that was sealed. Raises Unreadable."""
        return _opened(self._cipher, sealed, field.encode(), field).decode()


class MasterKeyVault:
    """A vault under master keys of 32 bytes each.

    The first wraps new data keys; the others still open what they wrapped before a change of keys.
    The last one makes the blind index and therefore stays for as long as the store does.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys):
            raise ValueError(f"a vault needs master keys of {KEY_BYTES} bytes")
        wrapping = [_derived(key, b"wrap") for key in master_keys]
        self._wrappers = {_name(key): AESGCM(key) for key in wrapping}
        self._current = _name(wrapping[0])
        self._index = hmac.new(_derived(master_keys[-1], b"index"), digestmod=hashlib.sha256)

    def new_key(self) -> tuple[SealingKey, bytes]:
        """A new data key, and its wrapped form to be stored."""
        key = os.urandom(KEY_BYTES)
        return SealingKey(key), self._wrap(key)

    def open(self, wrapped: bytes) -> SealingKey:
        """The data key behind its wrapped form. Raises Unreadable."""
        return SealingKey(self._unwrapped(wrapped))

    def rewrap(self, wrapped: bytes) -> bytes | None:
        """The same data key under the first master key; None if it is already."""
        return None if wrapped.startswith(self._current) else self._wrap(self._unwrapped(wrapped))

    def index(self, tenant: str, kind: str, namespace: str, value: str) -> str:
        """What stands for a value where it is looked up: 32 hexadecimal digits."""
        mac = self._index.copy()
        for part in (tenant, kind, namespace, value):
            text = part.encode()
            mac.update(len(text).to_bytes(4) + text)  # so that no two lists read alike
        return mac.digest()[:_INDEX_BYTES].hex()

    def _wrap(self, key: bytes) -> bytes:
        return self._current + _sealed(self._wrappers[self._current], key, _WRAPPED)

    def _unwrapped(self, wrapped: bytes) -> bytes:
        wrapper = self._wrappers.get(wrapped[:_NAME_BYTES])
        if wrapper is None:
            raise Unreadable("a data key is wrapped by a master key that is not given")
        return _opened(wrapper, wrapped[_NAME_BYTES:], _WRAPPED, "a data key")


def _sealed(cipher: AESGCM, text: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, text, bound_to)


def _opened(cipher: AESGCM, sealed: bytes, bound_to: bytes, what: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce or a tag
        raise Unreadable(f"{what} cannot be read with its key") from error


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"switchyard crm " + purpose).derive(master)


def _name(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_NAME_BYTES]
