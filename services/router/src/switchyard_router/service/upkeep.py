"""How long computed things are used before they are computed anew, so that this stays cheap."""

from collections.abc import Hashable

from switchyard_common.clock import Clock

_SHORTEST_SECONDS, _LONGEST_SECONDS = 1.0, 30.0
_TIMES_COST = 50.0


class Upkeep:
    """Sees to it that all that is kept takes about 2 % of a core, within 1 to 30 s of age."""

    def __init__(self, timer: Clock) -> None:
        self._timer = timer
        self._costs: dict[Hashable, float] = {}

    def until(self, what: Hashable, cost_seconds: float) -> float:
        """Until when (monotonic seconds) something that was computed now is to be used."""
        self._costs[what] = cost_seconds
        wanted = _TIMES_COST * sum(self._costs.values())
        return self._timer.monotonic() + min(max(wanted, _SHORTEST_SECONDS), _LONGEST_SECONDS)

    def forget(self, what: Hashable) -> None:
        """Something is not kept any more."""
        self._costs.pop(what, None)
