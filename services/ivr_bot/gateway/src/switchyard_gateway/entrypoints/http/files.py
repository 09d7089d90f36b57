"""Files of a chat over HTTP: the page puts one, and gets back what belongs to its conversation.

PUT /chat/{conversation}/files/{message_id}   the bytes; Authorization: Bearer token,
                                              X-File-Name: percent-encoded
GET /chat/{conversation}/files/{file}         the same Authorization
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_gateway.domain.conversation import Attachment, Conversation, ConversationId
from switchyard_gateway.domain.errors import ConversationUnknown
from switchyard_gateway.domain.files import File, FileRefused, check_file_id, too_large
from switchyard_gateway.domain.text import check_message_id
from switchyard_gateway.entrypoints.http.limits import AddressLimit
from switchyard_gateway.entrypoints.http.origins import Origins
from switchyard_gateway.entrypoints.http.refusals import refusal
from switchyard_gateway.entrypoints.http.wire import SocketCounter
from switchyard_gateway.service.files import Files, KeepFile
from switchyard_gateway.service.open_conversation import ResumeChat
from switchyard_gateway.service.post_message import PostCustomerMessage

_REQUESTS_AT_ONCE = 30
_REQUESTS_PER_SECOND = 1.0
_UPLOAD_SECONDS = 60.0
# Each holds a file in memory until it is stored.
_UPLOADS_AT_ONCE = 8
_ASKED = "authorization, content-type, x-file-name"
_STATUS = {
    ErrorKind.INVALID: 422,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.PRECONDITION: 409,
    ErrorKind.EXHAUSTED: 429,
    ErrorKind.PERMISSION: 403,
    ErrorKind.UNAVAILABLE: 503,
}


@dataclass(frozen=True, slots=True)
class FileUseCases:
    """What a chat page can do with files."""

    resume: ResumeChat
    keep: KeepFile
    files: Files
    post: PostCustomerMessage


class FileEndpoint:
    """Takes and gives files of one conversation, to whoever holds its secret."""

    def __init__(
        self,
        use_cases: FileUseCases,
        counter: SocketCounter,
        origins: Origins,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._do = use_cases
        self._counter = counter
        self._origins = origins
        self._limit = AddressLimit(_REQUESTS_AT_ONCE, _REQUESTS_PER_SECOND, monotonic)
        self._places = asyncio.Semaphore(_UPLOADS_AT_ONCE)
        self._log = structlog.stdlib.get_logger()

    def routes(self) -> list[Route]:
        """The one address of files, for putting and getting."""
        path = "/chat/{conversation}/files/{file}"
        return [Route(path, self.serve, methods=["PUT", "GET", "OPTIONS"])]

    async def serve(self, request: Request) -> Response:
        """One request."""
        if request.method == "OPTIONS":
            return self._origins.preflight(request, "PUT, GET", _ASKED)
        language = request.query_params.get("language", "en")
        try:
            self._admit(request)
            answer = self._put if request.method == "PUT" else self._get
            return await answer(request)
        except DomainError as error:
            return self._refuse(request, error, language)

    def _admit(self, request: Request) -> None:
        origin = request.headers.get("origin", "")
        foreign = bool(origin) and not self._origins.allows(origin)
        if foreign or (request.method == "PUT" and not origin):
            raise DomainError(
                kind=ErrorKind.PERMISSION, reason="ORIGIN", message="this page may not chat"
            )
        if not self._limit.take(request.client.host if request.client else ""):
            raise DomainError(
                kind=ErrorKind.EXHAUSTED,
                reason="TOO_MANY_FILES_AT_ONCE",
                message="too many requests from this address",
                retry_after_seconds=5.0,
            )

    async def _put(self, request: Request) -> Response:
        conversation = await self._holder(request)
        message_id = check_message_id(request.path_params["file"])
        name = unquote(request.headers.get("x-file-name", ""))
        async with self._places:
            content = await self._body(request)
            file = await self._do.keep.execute(conversation, message_id, name, content)
        attachment = Attachment(file.id, file.name, file.type, len(file.content))
        stored = await self._do.post.execute(
            conversation.id, message_id, "", attachments=(attachment,)
        )
        self._log.info("file_kept", conversation=conversation.id, type=file.type)
        body = {"id": file.id, "name": file.name, "type": file.type, "entry": stored.id}
        return JSONResponse(body, status_code=201, headers=dict(self._origins.headers(request)))

    async def _get(self, request: Request) -> Response:
        conversation = await self._holder(request)
        file = await self._do.files.read(
            conversation.id, check_file_id(request.path_params["file"])
        )
        return Response(file.content, headers={**_safe(file), **self._origins.headers(request)})

    async def _holder(self, request: Request) -> Conversation:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ConversationUnknown
        return await self._do.resume.execute(
            ConversationId(request.path_params["conversation"][:64]), token
        )

    async def _body(self, request: Request) -> bytes:
        """The whole body, given up as soon as it is too large or takes too long."""
        limits = self._do.keep.limits
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limits.largest_bytes:
            raise too_large(limits)
        received = bytearray()
        try:
            async with asyncio.timeout(_UPLOAD_SECONDS):
                async for part in request.stream():
                    received += part
                    if len(received) > limits.largest_bytes:
                        raise too_large(limits)
        except (TimeoutError, ClientDisconnect) as error:
            raise FileRefused(
                ErrorKind.UNAVAILABLE, "FILE_CUT_SHORT", "the file did not arrive whole"
            ) from error
        return bytes(received)

    def _refuse(self, request: Request, error: DomainError, language: str) -> Response:
        self._counter.rejected(error.reason.lower())
        headers = dict(self._origins.headers(request))
        if error.retry_after_seconds is not None:
            headers["retry-after"] = str(max(1, round(error.retry_after_seconds)))
        shown = refusal(error, language)
        body = {name: shown[name] for name in ("code", "text", "retry_after_ms")}
        return JSONResponse(body, status_code=_STATUS.get(error.kind, 500), headers=headers)


def _safe(file: File) -> dict[str, str]:
    """Headers under which a browser shows or saves the file, and does nothing else with it."""
    name = quote(file.name, safe="")
    return {
        "content-type": file.type,
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
        "cross-origin-resource-policy": "same-origin",
    }
