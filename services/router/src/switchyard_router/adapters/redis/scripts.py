"""Runs the Lua scripts: the one way state changes."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError
from switchyard_common.actor import ACTOR

from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.wire import Argument
from switchyard_router.domain.records import Request
from switchyard_router.domain.refusals import StepFailed, is_refusal, refusal, store_down
from switchyard_router.domain.states import TRANSITIONS, WHOLE_AGENT

_DEFECTS = ("ERR", "WRONGTYPE")
"""Error codes of commands and scripts that are wrong; others tell of the server's own state."""
_NO_REQUEST = Request()
_BASE = ("shared/base",)
_CONTACTS = (*_BASE, "shared/contacts")
_AGENTS = (*_CONTACTS, "shared/agents")
_CONFIG = (*_BASE, "shared/config")
_ALL = (*_AGENTS, "shared/steps")
_NEEDED = {
    "attach_context": _CONTACTS,
    "keep_decisions": _BASE,
    "open_session": _AGENTS,
    "renew_leases": _BASE,
    "request_callback": _CONTACTS,
    "reserve_many": _AGENTS,
    "update_contact": _CONTACTS,
    "put_back_config": _CONFIG,
    "upsert_config": _CONFIG,
}
"""What a script needs in front of it; the others need all. It runs at each call."""
_NAMES = (
    "accept_offer",
    "attach_context",
    "attach_node",
    "call_event",
    "complete_contact",
    "create_contact",
    "decline_offer",
    "delete_config",
    "end_contact",
    "end_wrap_up",
    "keep_decisions",
    "move_contact",
    "open_session",
    "put_back_config",
    "renew_leases",
    "request_callback",
    "requeue_contact",
    "reserve_many",
    "set_presence",
    "tick",
    "transfer_contact",
    "update_contact",
    "upsert_config",
)


@contextmanager
def store_errors() -> Iterator[None]:
    """A store that does not answer or refuses to write is STATE_STORE_DOWN; a defect is StepFailed.

    Refusals to write: it became a replica, its disk or memory is full, it has too few replicas.
    """
    try:
        yield
    except ResponseError as error:
        if (error.status_code or str(error).split(" ")[0]) in _DEFECTS:
            raise StepFailed(str(error)) from error
        raise store_down() from error
    except RedisError as error:
        raise store_down() from error


class Scripts:
    """Runs scripts on one tenant's keys.

    `max_events` bounds the event log. `now_ms` is for tests: 0 means the server's own clock, the
    only one that all replicas share. `read`: where a script's text comes from.
    """

    def __init__(
        self, link: Link, keys: Keys, max_events: int, read: Callable[[str], str] | None = None
    ) -> None:
        self._keys = keys
        self._max_events = max_events
        self.now_ms = 0
        self._link = link
        self._sources = {name: (read or source)(name) for name in _NAMES}
        self._hashes = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in self._sources.items()
        }

    async def run(
        self, name: str, *args: Argument, request: Request = _NO_REQUEST
    ) -> tuple[str, list[Any]]:
        """Run a script: its code and the rest of its reply.

        Raises DomainError for a refusal, and STATE_STORE_DOWN when the store does not answer.
        """
        head: Sequence[Argument] = (
            self.now_ms,
            self._max_events,
            request.id,
            request.digest,
            ACTOR.get(),
        )
        with store_errors():
            reply = await self._evaluate(name, (1, self._keys.prefix, *head, *args))
        code = reply[0].decode()
        if is_refusal(code):
            raise refusal(code)
        return code, reply[1:]

    async def _evaluate(self, name: str, arguments: Sequence[Argument]) -> list[Any]:
        try:
            reply: list[Any] = await self._link.call("EVALSHA", self._hashes[name], *arguments)
        except NoScriptError:  # a server that was restarted, or failed over
            reply = await self._link.call("EVAL", self._sources[name], *arguments)
        return reply


def source(name: str) -> str:
    """The full text of a script: the tables, what it shares with others, then its own file."""
    folder = resources.files("switchyard_router.adapters.redis") / "lua"
    parts = [
        (folder / f"{part}.lua").read_text(encoding="utf-8")
        for part in (*_NEEDED.get(name, _ALL), name)
    ]
    return "\n".join((tables(), *parts))


def tables() -> str:
    """The table of transitions, and the channels that take a whole agent, in Lua."""
    rows = (
        f"  ['{before}'] = '{' '.join(('', *sorted(afters), '')) if afters else ''}',"
        for before, afters in TRANSITIONS.items()
    )
    whole = ", ".join(f"{channel} = true" for channel in sorted(WHOLE_AGENT))
    return "\n".join(("local TRANSITIONS = {", *rows, "}", f"local WHOLE = {{{whole}}}"))
