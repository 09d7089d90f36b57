"""What is drawn for a contact: time in conversation and patience, both from the recording."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.handle_time_table import ContactType, HandleTimeTable
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.patience import Survival, survival
from switchyard_router.domain.recording import Left, RecordedContact, Recording
from switchyard_router.service.predictions import Predictions
from switchyard_router.service.simulating.values import cannot_simulate

type Floats = NDArray[np.float64]


class Draws:
    """Times by uniform numbers, so that both regimes can be given the same ones.

    Also tells expected handle times, as the router's table does: means of agent and type of
    contact, shrunk (domain/handle_time_table.py). Raises FAILED_PRECONDITION (NOTHING_TO_DRAW)
    where no conversation was recorded.
    """

    def __init__(self, recording: Recording, agents: AgentTable) -> None:
        self._rows = np.arange(len(agents))
        self._table = HandleTimeTable()
        self._table.reserve(len(agents))
        self._expected: dict[ContactType, Floats] = {}
        pools: dict[ContactType, list[float]] = defaultdict(list)
        served: dict[ContactType, list[int]] = defaultdict(list)
        for one in recording.contacts:
            if one.talk_ms > 0:
                kind = (one.contact.queue, one.contact.channel)
                pools[kind].append(one.talk_ms)
                row = agents.row(one.agent)
                if row is not None:
                    served[kind].append(row)
                    self._table.observe(row, kind, one.talk_ms / 1000)
        if not pools:
            raise cannot_simulate(
                "NOTHING_TO_DRAW",
                "no conversation of these contacts has ended, so nothing tells how long they take;"
                " choose an earlier or longer time",
            )
        self._table.fit()
        self._pools = {kind: np.sort(np.array(pool)) for kind, pool in pools.items()}
        self._any = np.sort(np.concatenate(list(self._pools.values())))
        self._usual = {
            kind: float(self._seconds(kind)[rows].mean()) for kind, rows in served.items()
        }
        self._curves = _curves(recording)

    def talk_ms(self, contact: Waiting, row: int, u: float) -> float:
        """Time in conversation with the agent of a row: the u-quantile of the logged ones, longer
        or shorter as the agent's are on average, compared with those who served then."""
        kind = (contact.queue, contact.channel)
        pool = self._pools.get(kind, self._any)
        logged = float(pool[int(u * len(pool))])
        usual = self._usual.get(kind)
        return logged * float(self._seconds(kind)[row]) / usual if usual else logged

    def patience_ms(self, one: RecordedContact, u: float) -> float:
        """How long a contact waits before it gives up: as logged, or beyond what was logged."""
        if one.left in (Left.ABANDONED, Left.WITHDRAWN):
            return float(one.waited_ms)
        return self._curves[one.contact.queue].beyond(one.waited_ms, u)

    def predict(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """Expected seconds of each contact with the agents of these rows."""
        return self.means(contacts, rows)

    def means(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """As predict."""
        seconds = [self._seconds((one.queue, one.channel))[rows] for one in contacts]
        return Predictions(np.array(seconds))

    def _seconds(self, kind: ContactType) -> Floats:
        known = self._expected.get(kind)
        if known is None:
            known = self._expected[kind] = self._table.seconds(kind, self._rows)
        return known


def _curves(recording: Recording) -> dict[str, Survival]:
    """Patience by queue."""
    waits: dict[str, list[float]] = defaultdict(list)
    gave_up: dict[str, list[bool]] = defaultdict(list)
    for one in recording.contacts:
        still = max(0, recording.until_ms - one.contact.enqueue_ms)
        waits[one.contact.queue].append(still if one.left is Left.OPEN else one.waited_ms)
        gave_up[one.contact.queue].append(one.left is Left.ABANDONED)
    return {queue: survival(waits[queue], gave_up[queue]) for queue in waits}
