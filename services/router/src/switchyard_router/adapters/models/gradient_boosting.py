"""A LightGBM model as the port HandleTimeModel: exact, and faster than LightGBM for this use.

What an agent's features leave of the trees is kept per agent, with those of agent and type of
contact per type, and finished predictions per agent for each set of contacts that no tree can tell
apart. Each is computed anew only for agents whose stamp changed. All of it is bounded in memory.
"""

from collections.abc import Sequence

import numpy as np

from switchyard_router.adapters.models.bit_trees import BitTrees, Masks
from switchyard_router.adapters.models.row_caches import RowCache, RowCaches
from switchyard_router.adapters.models.trees import Ensemble
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.handle_time_features import Scope, columns
from switchyard_router.domain.handle_time_table import ContactType, Floats, Slots
from switchyard_router.service.predictions import ModelInfo

_TYPE_BYTES = 64 << 20
_PREDICTION_BYTES = 32 << 20


class GradientBoosting:
    """Scores with caches of its own: belongs to one AgentFeatures, and to one thread."""

    def __init__(self, ensemble: Ensemble, info: ModelInfo) -> None:
        self.info = info
        self._log_link = ensemble.log_link
        self._trees = BitTrees(ensemble)
        width, word = self._trees.trees, self._trees.word
        self._agents = RowCache(width, word)
        self._types = RowCaches(width, word, _TYPE_BYTES)
        self._predictions = RowCaches(0, np.float64, _PREDICTION_BYTES)

    def seconds(
        self, contact: Sequence[float], kind: ContactType, features: AgentFeatures, slots: Slots
    ) -> Floats:
        """Expected seconds of one contact, given by its features, with the agents of slots.

        An agent known from before costs a look-up; one with a contact that trees tell apart from
        those before, O(trees); one that changed, O(features x trees).
        """

        bins = self._trees.bins(0, contact)

        def compute(changed: Slots) -> Floats:
            of_agents = self._of_type(kind, features, changed)
            return self._expected(self._trees.sums(of_agents, self._trees.mask(0, bins)))

        found: Floats = self._predictions.get((kind, bins), slots, features.stamps(slots), compute)
        return found

    def forget_contacts(self) -> None:
        """Drop finished predictions; what agents leave of the trees stays."""
        self._predictions = RowCaches(0, np.float64, _PREDICTION_BYTES)

    def rows(self, matrix: Floats) -> Floats:
        """Expected seconds for rows of all features, from no cache."""
        return self._expected(self._trees.sums(self._trees.masks(0, matrix)))

    def _expected(self, sums: Floats) -> Floats:
        if not self._log_link:
            return sums
        # What overflows is infinite, and refused by whoever loads or asks.
        with np.errstate(over="ignore"):
            return np.exp(sums)

    def _of_type(self, kind: ContactType, features: AgentFeatures, slots: Slots) -> Masks:
        def compute(changed: Slots) -> Masks:
            pairs = self._trees.masks(columns(Scope.PAIR).start, features.of_pairs(kind, changed))
            return self._of_agents(features, changed) & pairs

        return self._types.get(kind, slots, features.stamps(slots), compute)

    def _of_agents(self, features: AgentFeatures, slots: Slots) -> Masks:
        def compute(changed: Slots) -> Masks:
            return self._trees.masks(columns(Scope.AGENT).start, features.of_agents(changed))

        return self._agents.get(slots, features.stamps(slots), compute)
