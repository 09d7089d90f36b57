"""`switchyard bot` for the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import typer
from redis.exceptions import RedisError

from switchyard_gateway.adapters.redis.connection import open_redis
from switchyard_gateway.adapters.redis.reported import reported
from switchyard_gateway.entrypoints.cli.events import Event
from switchyard_gateway.entrypoints.cli.export import export_command
from switchyard_gateway.entrypoints.cli.paths import paths_command


@asynccontextmanager
async def _events(
    redis_url: str, since: datetime, until: datetime
) -> AsyncIterator[AsyncIterator[Event]]:
    try:
        redis = open_redis(redis_url, connections=1)
    except ValueError as error:
        raise typer.BadParameter(f"--redis: {error}") from error
    try:
        yield reported(redis, since, until)
    except RedisError as error:
        raise ConnectionError(type(error).__name__) from error
    finally:
        await redis.aclose()


app = typer.Typer(
    help="See how the bot fares with customers. 查看机器人服务情况。", no_args_is_help=True
)
app.command("paths")(paths_command(_events))
app.command("export")(export_command(_events))
