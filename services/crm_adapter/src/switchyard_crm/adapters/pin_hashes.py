"""Hashes of PINs: scrypt (RFC 7914), and how they are written down.

`scrypt$16384$8$1$<salt>$<hash>`, salt and hash in base64, of 16 and 32 bytes. All have the same
cost (16 MiB, some 50 ms of a core), so that how long a comparison takes tells nothing. Four digits
are soon tried all the same by whoever holds a hash: the store seals them on top.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import re

_N, _R, _P = 2**14, 8, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_MEMORY_BYTES = 64 * 1024 * 1024
_FORM = re.compile(rf"scrypt\${_N}\${_R}\${_P}\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)")
_AT_ONCE = 2
_NONE = (bytes(_SALT_BYTES), bytes(_HASH_BYTES))


class ScryptPins:
    """Hashes and compares in threads, a few at a time: more would wait for the cores anyway."""

    def __init__(self) -> None:
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def matches(self, pin: str, stored: str) -> bool:
        """Whether this is the PIN that was hashed; an empty hash takes as long, and never is."""
        salt, wanted = _parts(stored) if stored else _NONE
        async with self._at_once:
            found = await asyncio.to_thread(_scrypt, pin, salt)
        return hmac.compare_digest(found, wanted) and bool(stored)

    async def hashed(self, pin: str) -> str:
        """The hash to keep of a new PIN, under a salt of its own."""
        salt = os.urandom(_SALT_BYTES)
        async with self._at_once:
            found = await asyncio.to_thread(_scrypt, pin, salt)
        return written(salt, found)


def written(salt: bytes, found: bytes) -> str:
    """The one text of a salt and hash."""
    salt_text, hash_text = (base64.b64encode(part).decode() for part in (salt, found))
    return f"scrypt${_N}${_R}${_P}${salt_text}${hash_text}"


def checked_hash(text: str) -> str:
    """The text, if it is a hash as kept here, or empty. ValueError says how one is written."""
    if text:
        _parts(text)
    return text


def _parts(text: str) -> tuple[bytes, bytes]:
    match = _FORM.fullmatch(text)
    try:
        parts = [base64.b64decode(part, validate=True) for part in match.groups()] if match else []
    except binascii.Error:
        parts = []
    if [len(part) for part in parts] != [_SALT_BYTES, _HASH_BYTES]:
        raise ValueError(f"is no hash like scrypt${_N}${_R}${_P}$salt$hash in base64")
    return parts[0], parts[1]


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        pin.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY_BYTES, dklen=_HASH_BYTES
    )
