"""Bounds that hold for every queue, agent and plan."""

import math
from collections.abc import Mapping, Sequence, Sized

from google.protobuf.message import Message
from switchyard.router.v1 import plan_pb2

from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.problems import Problems

MOST_BYTES = 64 * 1024
MOST_TEXT = 256
_COLLECTIONS = {"queue": "queues", "agent": "agents"}


def check_size(problems: Problems, message: Message, path: str) -> None:
    """No resource is larger than 64 KiB as it is stored."""
    if message.ByteSize() > MOST_BYTES:
        problems.add(path, f"at most {MOST_BYTES} bytes encoded")


def check_text(problems: Problems, text: str, path: str, most: int = MOST_TEXT) -> None:
    """Text that people read, or addresses: bounded, without control characters."""
    if len(text) > most:
        problems.add(path, f"at most {most} characters")
    elif any(ord(character) < 32 for character in text):
        problems.add(path, "must not hold control characters")


def check_count(problems: Problems, values: Sized, path: str, most: int) -> None:
    """A bounded number of entries."""
    if len(values) > most:
        problems.add(path, f"at most {most}")


def check_whole(problems: Problems, value: int, path: str, least: int, most: int) -> None:
    """A whole number between two bounds."""
    if not least <= value <= most:
        problems.add(path, f"give {least} to {most}")


def check_number(problems: Problems, value: float, path: str, least: float, most: float) -> None:
    """A finite number between two bounds."""
    if not (math.isfinite(value) and least <= value <= most):
        problems.add(path, f"give {least:g} to {most:g}")


def check_names(problems: Problems, names: Mapping[str, str], path: str) -> None:
    """Names by language."""
    check_count(problems, names, path, 20)
    for language, name in names.items():
        check_text(problems, language, f"{path}[{language[:20]}]", 20)
        check_text(problems, name, f"{path}[{language[:20]}]")


def check_target(
    problems: Problems, target: plan_pb2.Target, path: str, kinds: Sequence[str], tenant: Tenant
) -> None:
    """A target of one of the kinds, with a name that can be one."""
    kind = target.WhichOneof("kind")
    if kind is None or kind not in kinds:
        problems.add(path, f"give one of {', '.join(kinds)}")
    elif kind in _COLLECTIONS:
        with problems.caught():
            tenant.parse(_COLLECTIONS[kind], getattr(target, kind), f"{path}.{kind}")
    elif kind == "external":
        check_text(problems, target.external, f"{path}.external")
        if not target.external:
            problems.add(f"{path}.external", "give an address")
