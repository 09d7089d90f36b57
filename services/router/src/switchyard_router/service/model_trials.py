"""Every service that ends is a trial of the model that serves, and of the one that is to follow.

What is known when a contact is offered is remembered; when the service ends, the models are asked
what they make of it. So neither costs a decision anything, and a model that serves nobody yet is
held to the same services as the one that does.
"""

from collections import OrderedDict
from typing import Protocol

import structlog

from switchyard_router.domain.evidence import threshold
from switchyard_router.domain.handle_time_table import OVERLONG_ABOVE_SECONDS
from switchyard_router.domain.outlook import Outlook
from switchyard_router.domain.records import StoredEvent
from switchyard_router.service.board import Board
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import ModelInfo
from switchyard_router.service.trial import Standing, Trial, TrialModel

_MOST_REMEMBERED = 20_000


class TrialSource(Protocol):
    """Has a model, or none."""

    def current(self) -> TrialModel | None:
        """The model now."""
        ...


class Court(Protocol):
    """Withdraws models."""

    def wrong(self, version: str) -> bool:
        """Whether a version is withdrawn."""
        ...

    def withdraw(self, version: str, services: int, capital: float) -> None:
        """A version was found to be wrong, after so many services, by evidence of so much."""
        ...


class ModelTrials:
    """Judges the models of two sources by services that end; withdraws the first one's if wrong.

    A service costs a look at the agent's features and each model's trees for one row: O(trees), by
    whoever follows the event log, between decisions. Memory: 20,000 contacts that were offered and,
    for each model, 2,000 services and 20,000 rows of a byte for each feature.
    """

    def __init__(
        self,
        board: Board,
        times: HandleTimes,
        serving: TrialSource,
        shadow: TrialSource,
        court: Court,
        alpha: float,
        hang_up_seconds: float,
    ) -> None:
        """`alpha`: probability of ever withdrawing a version that errs no more than the table;
        0: none is withdrawn. Services shorter than `hang_up_seconds` are none.
        """
        self._board = board
        self._times = times
        self._sources = (serving, shadow)
        self._court = court
        self._most_capital = threshold(alpha)
        self._hang_up_seconds = hang_up_seconds
        self._offered: OrderedDict[str, Outlook] = OrderedDict()
        self._trials: list[Trial | None] = [None, None]
        self._log = structlog.stdlib.get_logger()

    def on_event(self, event: StoredEvent) -> None:
        """Remember what is known when a contact is offered, while there is a model to try."""
        if event.type != "contact.offering" or not self._tries:
            return
        contact = self._board.contacts.get(event.subject)
        row = self._board.agents.row(str(event.data["agent"]))
        if contact is None or row is None:
            return
        self._offered[event.subject] = self._times.outlook(contact, row)
        self._offered.move_to_end(event.subject)
        if len(self._offered) > _MOST_REMEMBERED:
            self._offered.popitem(last=False)

    def on_service(self, contact_id: str, row: int, seconds: float) -> None:
        """A conversation ended; one that was not offered to its agent here is nobody's trial."""
        outlook = self._offered.pop(contact_id, None)
        if outlook is None or outlook.row != row:
            return
        if self._hang_up_seconds <= seconds <= OVERLONG_ABOVE_SECONDS:
            self._try(outlook, seconds)

    def forget(self) -> None:
        """Events were missed: who was offered what may be wrong."""
        self._offered.clear()

    def standings(self) -> tuple[Standing | None, Standing | None]:
        """Of the model that serves and of its shadow; None where there is none."""
        serving, shadow = (None if each is None else each.standing() for each in self._present())
        return serving, shadow

    @property
    def _tries(self) -> bool:
        return any(source.current() is not None for source in self._sources)

    def _try(self, outlook: Outlook, seconds: float) -> None:
        serving, shadow = self._present()
        served = self._judged(serving, outlook, seconds)
        shadowed = self._judged(shadow, outlook, seconds)
        if serving is not None and served is not None:
            serving.evidence.service(served, serving.table_median(outlook), seconds)
            self._hold_to_account(serving)
        if shadow is not None and shadowed is not None:
            # Contacts are routed by the model that serves, or by the table in its place.
            routed = serving is not None and self._routes(serving.model.info)
            rival = served if routed and served is not None else shadow.table_median(outlook)
            shadow.evidence.service(rival, shadowed, seconds)

    def _hold_to_account(self, serving: Trial) -> None:
        info, evidence = serving.model.info, serving.evidence
        if info.serves and evidence.capital >= self._most_capital:
            self._court.withdraw(info.version, evidence.services, evidence.capital)

    def _routes(self, info: ModelInfo) -> bool:
        return info.serves and not self._court.wrong(info.version)

    def _present(self) -> tuple[Trial | None, Trial | None]:
        """The trials of the models that there are now; another model's begins anew."""
        for place, source in enumerate(self._sources):
            model, trial = source.current(), self._trials[place]
            if model is None:
                self._trials[place] = None
            elif trial is None or trial.model is not model:
                self._trials[place] = Trial.of(model)
        serving, shadow = self._trials
        return serving, shadow

    def _judged(self, trial: Trial | None, outlook: Outlook, seconds: float) -> float | None:
        """What a model expected, having been judged by it."""
        if trial is None or trial.broken:
            return None
        try:
            median = trial.predict(outlook)
        except Exception:  # noqa: BLE001 - logged; a model on trial ends nothing
            trial.broken = True
            self._log.exception("model_trial_failed", model=trial.model.info.version)
            return None
        if median is not None:
            trial.judge(outlook, median, seconds)
        return median
