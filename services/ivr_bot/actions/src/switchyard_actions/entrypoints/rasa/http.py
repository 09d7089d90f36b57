"""The action server's routes. Rasa calls `/webhook`."""

import json

from rasa_sdk.interfaces import ActionNotFoundException  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from switchyard_common.tracing import continued

from switchyard_actions.entrypoints.rasa.executor import Executor


def build_app(executor: Executor) -> Starlette:
    """An ASGI application: POST /webhook, GET /health, GET /actions."""

    async def webhook(request: Request) -> JSONResponse:
        try:
            call = await request.json()
        except json.JSONDecodeError:
            return JSONResponse({"error": "the body must be JSON"}, status_code=400)
        if not isinstance(call, dict) or "tracker" not in call or not call.get("next_action"):
            return JSONResponse({"error": "next_action and tracker are needed"}, status_code=422)
        try:
            with continued("actions.call", request.headers):
                return JSONResponse(await executor.execute(call))
        except ActionNotFoundException as error:
            body = {"error": str(error), "action_name": call["next_action"]}
            return JSONResponse(body, status_code=404)

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def actions(_: Request) -> JSONResponse:
        return JSONResponse([{"name": name} for name in executor.names])

    return Starlette(
        routes=[
            Route("/webhook", webhook, methods=["POST"]),
            Route("/health", health, methods=["GET"]),
            Route("/actions", actions, methods=["GET"]),
        ]
    )
