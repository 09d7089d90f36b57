"""Days played side by side in processes, each a copy of one player."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor

from switchyard_router.domain.evaluation.measures import Tally

_player: Callable[[int], list[Tally]] | None = None


def _take(player: Callable[[int], list[Tally]]) -> None:
    global _player
    _player = player


def _play(day: int) -> list[Tally]:
    assert _player is not None
    return _player(day)


class DayProcesses:
    """Plays days in so many processes; in this one if that is 1. `told`: called after each day."""

    def __init__(self, jobs: int, told: Callable[[], None]) -> None:
        self._jobs, self._told = jobs, told

    def __call__(self, player: Callable[[int], list[Tally]], days: int) -> Iterable[list[Tally]]:
        """Tallies of days in their order; same results for any number of processes."""
        if self._jobs == 1:
            for day in range(days):
                yield player(day)
                self._told()
            return
        with ProcessPoolExecutor(self._jobs, initializer=_take, initargs=(player,)) as pool:
            for tallies in pool.map(_play, range(days)):
                yield tallies
                self._told()
