"""Which commands a node carries out: each once, and none that belongs to an older offer."""

from collections import OrderedDict
from dataclasses import dataclass, field

from switchyard.router.v1 import contact_service_pb2 as pb

MOST_REMEMBERED = 10_000
_FENCED = ("ring", "bridge", "dial", "stop_ring")


@dataclass(slots=True)
class _Newest:
    fence: int = 0
    done: set[str] = field(default_factory=set)


class CommandFilter:
    """Remembers command ids, and the newest fence of each contact; as many of either.

    What was unheard of for longest is forgotten first: a command that comes when its contact was
    forgotten, such as to stop ringing for a caller who has hung up, would stay for ever.
    """

    def __init__(self, most_remembered: int = MOST_REMEMBERED) -> None:
        self._most_remembered = most_remembered
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._newest: OrderedDict[str, _Newest] = OrderedDict()

    def admit(self, contact: str, command: pb.Command) -> bool:
        """Whether to carry a command out; calling it counts as having done so.

        A repeated id is refused, a fence older than the newest known is refused, and so is the
        same operation for the same fence: after a reconnection the router repeats what is due
        under an id of its own. Once ringing was stopped, that offer is over.
        """
        if command.command_id in self._seen:
            return False
        self._remember(command.command_id)
        operation = command.WhichOneof("op") or ""
        if operation not in _FENCED:
            return True
        fence: int = getattr(command, operation).fence
        newest = self._of(contact)
        if fence < newest.fence:
            return False
        if fence > newest.fence:
            newest.fence, newest.done = fence, set()
        if operation in newest.done or "stop_ring" in newest.done:
            return False
        newest.done.add(operation)
        return True

    def forget(self, contact: str) -> None:
        """The contact is over; its ids stay remembered for a while."""
        self._newest.pop(contact, None)

    def _of(self, contact: str) -> _Newest:
        newest = self._newest.setdefault(contact, _Newest())
        self._newest.move_to_end(contact)
        if len(self._newest) > self._most_remembered:
            self._newest.popitem(last=False)
        return newest

    def _remember(self, command_id: str) -> None:
        self._seen[command_id] = None
        if len(self._seen) > self._most_remembered:
            self._seen.popitem(last=False)
