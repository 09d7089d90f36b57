"""After the load: until nothing is under way any more, and what must not be found then."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from switchyard_launcher.child import Child, State
from switchyard_launcher.stack import FLOOR_NODE

from tests.fakes.router.truth import Truth
from tests.soak.findings import invariants
from tests.soak.sampler import Sampler
from tests.soak.series import Recorded
from tests.soak.stack import FLOOR, Ends
from tests.soak.truth import doubled, lost, read_store

_LOOK_SECONDS = 2.0
_BEHIND = "events behind"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a run consists of: its processes by name, and where what they did can be read."""

    children: Mapping[str, Child]
    ends: Ends
    recorded: Recorded
    logs: Path
    url: str
    tenant: str

    def truth(self) -> Truth:
        """The store as it is."""
        return read_store(self.url, self.tenant)

    @property
    def servers(self) -> list[Child]:
        """All but the floor, which is the load."""
        return [child for name, child in self.children.items() if name != FLOOR]

    def behind(self) -> list[str]:
        """Readers of events with something left to do, when last looked at."""
        return [
            f"{of}: {left:g} events"
            for of in self.recorded.names(_BEHIND)
            if (left := self.recorded.last(_BEHIND, of))
        ]


class Rest:
    """Waits, for so long at most; what is not over then is found."""

    def __init__(self, scene: Scene, sampler: Sampler, seconds: float) -> None:
        self._scene = scene
        self._sampler = sampler
        self._seconds = seconds

    async def until_customers_are_gone(self, now: Callable[[], float]) -> None:
        """The floor's agents must still serve who came through the bot."""
        await self._until(now, lambda truth: not any(_through_the_bot(truth)))

    async def until_nothing_is_left(self, now: Callable[[], float]) -> None:
        """No live contact, no unread event, every process up."""
        scene = self._scene
        await self._until(
            now,
            lambda truth: not (truth.live or scene.behind()) and all(map(_is_up, scene.servers)),
        )

    async def _until(self, now: Callable[[], float], reached: Callable[[Truth], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while True:
                    await self._sampler.look(now())
                    await self._sampler.store(now())
                    if reached(await asyncio.to_thread(self._scene.truth)):
                        return
                    await asyncio.sleep(_LOOK_SECONDS)


def broken(truth: Truth, scene: Scene) -> dict[str, list[str]]:
    """What must not be, in words, by kind; empty kinds hold."""
    return {
        "lost contacts": list(lost(truth, scene.logs / f"{FLOOR}.log")),
        "double assignments": doubled(truth),
        # What moves while it is read, key by key, cannot be compared; it is found as lost already.
        "state against log": [] if truth.live else truth.violations(),
        "router invariants": list(invariants(scene.recorded)),
        "events left behind": scene.behind(),
        "ended by themselves": scene.ends.by_themselves,
        "not up at the end": [one.spec.name for one in scene.servers if not _is_up(one)],
    }


def _through_the_bot(truth: Truth) -> Iterator[str]:
    return (one for one in truth.live if truth.contacts.get(one, {}).get("node") != FLOOR_NODE)


def _is_up(child: Child) -> bool:
    return child.state is State.READY and child.pid is not None
