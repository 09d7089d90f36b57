"""What is known of a service before it begins, to be held against how long it took."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from switchyard_router.domain.handle_time_features import ContactFacts, Moment, contact_features
from switchyard_router.domain.handle_time_table import Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """As of the moment when a contact was offered to the agent of a row."""

    row: int
    facts: ContactFacts
    at_ms: int
    of_agent: Floats
    """The features of the agent, alone and with the type."""
    table_seconds: float
    """The mean that the table expects."""
    median_ratio: float
    """Median over mean of a lognormal time with the table's noise: where nothing better is known.
    """

    def features(self, time_zone: str) -> Floats:
        """One row of all features, as a model of that time zone is told."""
        moment = moment_at(self.at_ms, time_zone)
        return np.concatenate((contact_features(self.facts, moment), self.of_agent))


def moment_at(time_ms: int, time_zone: str) -> Moment:
    """A time of the store's clock by the clock of a time zone."""
    local = datetime.fromtimestamp(time_ms / 1000, ZoneInfo(time_zone))
    return Moment(local.hour, local.weekday())
