"""Signatures and encryption of WeChat official accounts.

After developers.weixin.qq.com, "消息加解密说明": a signature is SHA-1 over token, timestamp, nonce
(and the ciphertext, if there is one), sorted and joined. Ciphertext is Base64 of AES-256-CBC, its
key Base64 of EncodingAESKey and "=", its first 16 bytes the IV, padded by PKCS#7 to 32 bytes, over
16 random bytes, the message's length in 4 bytes, the message, and the AppID.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from switchyard_gateway.domain.signatures import BadSignature

_BLOCK = 32
_IV = 16
_HEAD = 20


def signature(*parts: str) -> str:
    """SHA-1 as the platform makes it, of token, timestamp, nonce and what else is signed."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=True).hexdigest()


def check(given: str, *parts: str) -> None:
    """Raise BadSignature (SIGNATURE) unless the parts give this signature."""
    if not hmac.compare_digest(signature(*parts).encode(), given.encode()):
        raise BadSignature("SIGNATURE", "the signature does not fit; is the token the same?")


class Envelope:
    """Opens and seals messages of one account in safe mode.

    Everything that is wrong with a ciphertext is the same BadSignature: the answer tells nothing.
    """

    def __init__(
        self,
        app_id: str,
        encoding_aes_key: str,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._app_id = app_id.encode()
        key = base64.b64decode(f"{encoding_aes_key}=")
        self._cipher = Cipher(AES256(key), CBC(key[:_IV]))
        self._random = random

    def open(self, ciphertext: str) -> bytes:
        """The message in a ciphertext of this account."""
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
            decryptor = self._cipher.decryptor()
            padded = decryptor.update(sealed) + decryptor.finalize()
        except (binascii.Error, ValueError) as error:
            raise _unreadable() from error
        padding = padded[-1] if padded else 0
        if not 1 <= padding <= _BLOCK or not padded.endswith(bytes([padding]) * padding):
            raise _unreadable()
        whole = padded[:-padding]
        end = _HEAD + int.from_bytes(whole[_IV:_HEAD], "big")
        if end > len(whole) or not hmac.compare_digest(whole[end:], self._app_id):
            raise _unreadable()
        return whole[_HEAD:end]

    def seal(self, message: bytes) -> str:
        """A ciphertext that the platform opens."""
        head = self._random(_IV) + len(message).to_bytes(4, "big")
        whole = head + message + self._app_id
        padding = _BLOCK - len(whole) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(whole + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()


def _unreadable() -> BadSignature:
    return BadSignature("SIGNATURE", "the message cannot be decrypted; are key and AppID the same?")
