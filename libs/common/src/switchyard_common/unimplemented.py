"""RPCs that the contract has and the code does not have yet.

A servicer that does not override a method of its generated base class inherits a default that
raises. The server's interceptor asks here for each method, so a servicer needs no stubs and
cannot forget one: what it does not define answers UNIMPLEMENTED and says why.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from switchyard_common.errors import DomainError, ErrorKind

_GENERATED_MODULE_SUFFIX = "_pb2_grpc"


def is_generated(behaviour: Callable[..., Any]) -> bool:
    """Whether a method handler's behaviour is the generated default rather than written code."""
    return getattr(behaviour, "__module__", "").endswith(_GENERATED_MODULE_SUFFIX)


def not_built(full_method: str) -> Callable[[Any, Any], Any]:
    """What a method that nobody wrote does, whatever its kind: it answers UNIMPLEMENTED."""
    service, _, method = full_method.lstrip("/").rpartition("/")
    name = f"{service.rpartition('.')[2]}.{method}"

    async def answer(_request: object, _context: object) -> NoReturn:
        raise DomainError(
            kind=ErrorKind.UNIMPLEMENTED,
            reason="NOT_BUILT",
            message=f"{name} is part of the contract but not built yet",
        )

    return answer
