"""What agents make of offers on a simulated floor: they answer, decline, or let them ring."""

from collections import defaultdict

from switchyard_router.domain.evaluation.offers import Reaction, spared_s
from switchyard_router.domain.evaluation.rules import Chances
from switchyard_router.domain.recording import Recording, Refusals

_ALWAYS = Refusals()


class Answers:
    """Draws by the agents' logged shares; the n-th offer of a contact has the same luck under every
    regime. Memory: one entry for each contact and agent who let it pass."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._chances = Chances(0, 0)
        self._refused: dict[int, dict[str, int]] = defaultdict(dict)

    def begin(self, seed: int) -> None:
        """Draw the luck of a repetition."""
        self._chances = Chances(len(self._recording.contacts), seed)

    def of(self, contact: int, agent: str) -> Reaction:
        """What an agent makes of being asked for a contact, given by its index."""
        shares = self._recording.refusals.get(agent, _ALWAYS)
        u = self._chances.of(contact, sum(self._refused[contact].values()))
        if u < shares.declined:
            return Reaction.DECLINES
        return Reaction.MISSES if u < shares.declined + shares.missed else Reaction.ANSWERS

    def spared_ms(self, contact: int, agent: str) -> int:
        """An agent let a contact pass: how long the agent is spared it."""
        times = self._refused[contact][agent] = self._refused[contact].get(agent, 0) + 1
        return int(spared_s(times) * 1000)
