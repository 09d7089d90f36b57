"""Whether contacts were lost or given twice, from the store itself and the floor's log."""

import json
from collections.abc import Iterator
from pathlib import Path

import redis
from switchyard_router.domain.states import TERMINAL

from tests.chaos.checker import accepted_twice
from tests.fakes.router.truth import Truth, read


def read_store(url: str, tenant: str) -> Truth:
    """Everything of the tenant; a few seconds for some thousand contacts."""
    with redis.Redis.from_url(url, socket_timeout=60) as client:
        return read(client, f"sy:{{{tenant}}}:")


def lost(truth: Truth, floor_log: Path) -> Iterator[str]:
    """Contacts that have not ended, and those the floor was given that the store knows not."""
    for contact, fields in truth.contacts.items():
        if fields["state"] not in TERMINAL:
            yield f"{contact} is {fields['state']}"
    for contact in sorted(set(_of_the_floor(floor_log)) - truth.contacts.keys()):
        yield f"{contact} ended on the floor, and is unknown to the store"


def doubled(truth: Truth) -> list[str]:
    """Contacts accepted while another accepted offer of theirs was good."""
    return list(accepted_twice(truth.events))


def _of_the_floor(log: Path) -> Iterator[str]:
    for line in log.read_text(errors="replace").splitlines():
        if '"call_ended"' in line and (contact := json.loads(line).get("contact")):
            yield contact
