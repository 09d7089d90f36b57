"""The bearer token that a client shows with each of its calls."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

import grpc

type Details = grpc.aio.ClientCallDetails


class BearerToken:
    """Reads the token from a file, anew when the file changes: tokens are short-lived."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed = -1.0
        self._text = ""

    def interceptors(self) -> Sequence[grpc.aio.ClientInterceptor]:
        """What adds it to calls of all four kinds."""
        return (_UnaryUnary(self), _UnaryStream(self), _StreamUnary(self), _StreamStream(self))

    def shown(self, details: Any) -> Any:
        """The call's details with the token among its metadata; OSError if there is no file."""
        changed = self._file.stat().st_mtime
        if changed != self._changed:
            self._text, self._changed = self._file.read_text().strip(), changed
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {self._text}")
        return details._replace(metadata=metadata)


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, token: BearerToken) -> None:
        self._token = token

    @override
    async def intercept_unary_unary(self, continuation: Any, details: Details, request: Any) -> Any:
        return await continuation(self._token.shown(details), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, token: BearerToken) -> None:
        self._token = token

    @override
    async def intercept_unary_stream(
        self, continuation: Any, details: Details, request: Any
    ) -> Any:
        return await continuation(self._token.shown(details), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, token: BearerToken) -> None:
        self._token = token

    @override
    async def intercept_stream_unary(
        self, continuation: Any, details: Details, requests: Any
    ) -> Any:
        return await continuation(self._token.shown(details), requests)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, token: BearerToken) -> None:
        self._token = token

    @override
    async def intercept_stream_stream(
        self, continuation: Any, details: Details, requests: Any
    ) -> Any:
        return await continuation(self._token.shown(details), requests)
