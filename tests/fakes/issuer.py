"""A small issuer of tokens on loopback: publishes its keys over HTTP, signs, and can go away."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

AUDIENCE = "router"
LIFE_SECONDS = 36_000
"""Longer than any run of the tests takes."""


class Issuer:
    """`keys` are those it signs with, by id; `published` what its URL answers."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self.status = 200
        self.headers = ""
        self.asked = 0
        self.url = ""
        self.name = ""

    @classmethod
    @asynccontextmanager
    async def serving(cls) -> AsyncGenerator[Self]:
        """An issuer with one key, `first`, for the length of the block."""
        issuer = cls()
        issuer.add("first")
        async with await asyncio.start_server(issuer._answer, "127.0.0.1", 0) as server:
            issuer.name = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            issuer.url = f"{issuer.name}/keys?v=1"
            yield issuer

    def add(self, key_id: str, *, by_rsa: bool = False) -> None:
        """Make and publish a key."""
        key: Any = (
            rsa.generate_private_key(65537, 2048)
            if by_rsa
            else ed25519.Ed25519PrivateKey.generate()
        )
        algorithms = jwt.algorithms
        to_jwk = (algorithms.RSAAlgorithm if by_rsa else algorithms.OKPAlgorithm).to_jwk
        self.keys[key_id] = key
        self.published.append(json.loads(to_jwk(key.public_key())) | {"kid": key_id})

    def withdraw(self, key_id: str) -> None:
        """Publish a key no longer; it still signs."""
        self.published = [jwk for jwk in self.published if jwk["kid"] != key_id]

    def sign(self, key_id: str = "first", **changes: Any) -> str:
        """A supervisor's token."""
        key = self.keys[key_id]
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "EdDSA"
        return jwt.encode(self.claims(**changes), key, algorithm, headers={"kid": key_id})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What its tokens say."""
        usual = {"iss": self.name, "aud": AUDIENCE, "sub": "eve", "tenant": "demo"}
        lasting = {"roles": ["supervisor"], "exp": int(time.time()) + LIFE_SECONDS}
        return {**usual, **lasting, **changes}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = json.dumps({"keys": self.published}).encode()
        status = self.status if head.startswith(b"GET /keys?v=1 ") else 404
        lines = f"HTTP/1.1 {status} x\r\n{self.headers}content-length: {len(body)}\r\n"
        writer.write(f"{lines}connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
