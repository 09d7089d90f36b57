"""Health, and what happened in calls: nothing here is personal."""

from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from switchyard_phone.domain.calls import CallId
from switchyard_phone.domain.timeline import Timeline, Timelines

_NEWEST = 100


def build_app(timelines: Timelines, readiness: Callable[[], Mapping[str, bool]]) -> Starlette:
    """`readiness` tells what works; the phone is ready when all of it does but the router.

    Callers are served without it: they hear that nobody can be reached.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        parts = readiness()
        ready = all(works for name, works in parts.items() if name != "router")
        return JSONResponse({"ready": ready, **parts}, status_code=200 if ready else 503)

    async def calls(_request: Request) -> Response:
        return JSONResponse([_summary(one) for one in timelines.newest(_NEWEST)])

    async def call(request: Request) -> Response:
        timeline = timelines.get(CallId(request.path_params["call"]))
        if timeline is None:
            return JSONResponse({"error": "no such call, or long over"}, status_code=404)
        return JSONResponse(_whole(timeline))

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/calls", calls),
            Route("/calls/{call:path}", call),
        ]
    )


def _summary(timeline: Timeline) -> dict[str, object]:
    return {
        "id": timeline.call,
        "line": timeline.line,
        "peer": timeline.peer,
        "over": timeline.over,
        "last": timeline.entries[-1].what if timeline.entries else "",
    }


def _whole(timeline: Timeline) -> dict[str, object]:
    entries = [
        {"seconds": entry.seconds, "what": entry.what, **entry.facts} for entry in timeline.entries
    ]
    return {**_summary(timeline), "entries": entries}
