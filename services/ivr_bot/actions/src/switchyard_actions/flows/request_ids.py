"""Ids of requests that change something, so that asking twice changes it once."""

import hashlib

from switchyard_actions.domain.flow import Scene


def request_id_of(scene: Scene, *content: str) -> str:
    """The same for the same task and content, another as soon as the customer changes a detail.

    The content enters as a digest only: request ids are logged.
    """
    digest = hashlib.sha256("\x1f".join((scene.request_id, *content)).encode()).hexdigest()
    return f"{scene.request_id}.{digest[:16]}"
