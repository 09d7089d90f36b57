"""Predicts how long agents would take with contacts: model, else table, else nobody knows."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from switchyard_common.clock import Clock

from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.customer_history import CustomerHistory
from switchyard_router.domain.handle_time_features import ContactFacts, contact_features
from switchyard_router.domain.handle_time_table import (
    OVERLONG_ABOVE_SECONDS,
    ContactType,
    HandleTimeTable,
)
from switchyard_router.domain.outlook import Outlook, moment_at
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.short_calls import call_again_odds, with_short_calls
from switchyard_router.domain.states import TERMINAL
from switchyard_router.service.board import Board
from switchyard_router.service.model_duty import ModelDuty
from switchyard_router.service.predictions import (
    FAILED,
    NO_HISTORY,
    SLOW,
    HandleTimeModel,
    Limits,
    ModelSource,
    PredictionMeter,
    Predictions,
    Rows,
)
from switchyard_router.service.store_clock import StoreClock

_BUDGET_ROWS = 1000
_MOST_REMEMBERED = 20_000

type ServiceListener = Callable[[str, int, float], None]
"""Hears of a conversation that ended: the contact, the agent's row, its seconds with that agent."""


class HandleTimes:
    """The predictions for agents of the board; learns from every service that ends.

    One request costs the model's look-ups for each distinct kind of contact times agents, ends at
    the budget (checked between kinds), and is answered by one model or by the table, never by both.
    """

    def __init__(
        self,
        board: Board,
        clock: StoreClock,
        models: ModelSource,
        timer: Clock,
        meter: PredictionMeter,
        limits: Limits,
        withdrawn: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`withdrawn` tells of a version whether it was found to be wrong."""
        self._listeners: list[ServiceListener] = []
        self._board = board
        self._clock = clock
        self._duty = ModelDuty(models, clock, timer, meter, limits, withdrawn)
        self._timer = timer
        self._meter = meter
        self._limits = limits
        self.features = AgentFeatures(self.empty_table())
        self.customers = CustomerHistory()
        self._customer_of: OrderedDict[str, str] = OrderedDict()
        self._talked_ms: OrderedDict[str, int] = OrderedDict()
        self._log = structlog.stdlib.get_logger()

    def predict(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """Expected seconds of each contact with the agents of these rows of the board."""
        started = self._timer.monotonic()
        model, reason = self._duty.on_duty()
        found = None
        if model is not None:
            found, reason = self._ask(model, contacts, rows, started)
        if found is None:
            found = self.means(contacts, rows, reason)
            if found.degraded:
                self._meter.degraded(found.reason)
        self._meter.predicted(self._timer.monotonic() - started)
        return found

    def means(self, contacts: Sequence[Waiting], rows: Rows, reason: str = "") -> Predictions:
        """Shrunk means by agent and type of contact; `degraded` if a reason is given."""
        self.features.reserve(len(self._board.agents))
        table = self.features.table
        by_kind = {kind: table.seconds(kind, rows) for kind in {_kind(each) for each in contacts}}
        seconds = np.empty((len(contacts), len(rows)))
        for index, contact in enumerate(contacts):
            seconds[index] = by_kind[_kind(contact)]
        if not table.observed:
            return Predictions(seconds, degraded=True, reason=NO_HISTORY, known=False)
        seconds = self._with_short_calls(seconds, rows)
        return Predictions(seconds, degraded=bool(reason), reason=reason)

    def _with_short_calls(self, seconds: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
        """Hanging up is not speed: who does it more than others is expected to take longer."""
        table = self.features.table
        odds = call_again_odds(table.short_shares(rows), table.usual_short_share)
        return with_short_calls(seconds, odds)

    def short_shares(self, rows: Rows) -> NDArray[np.float64]:
        """Share of the agents' services that were too short to be any: hang-ups are not speed."""
        self.features.reserve(len(self._board.agents))
        return self.features.table.short_shares(rows)

    def on_event(self, event: StoredEvent) -> None:
        """Learn the time of a conversation that ended, and how busy an agent has been."""
        self._note_customer(event)
        if event.type == "agent.state_changed":
            row = self._board.agents.row(event.subject)
            if row is not None:
                self.features.reserve(len(self._board.agents))
                self.features.set_occupancy(row, float(str(event.data.get("occupancy", 0))))
        elif event.type in ("contact.wrap_up", "contact.queued"):
            self._talked(event)

    def on_service(self, listener: ServiceListener) -> None:
        """Tell a listener of every service that ends here from now on."""
        self._listeners.append(listener)

    def outlook(self, contact: Waiting, row: int) -> Outlook:
        """What is known of a contact that has just been offered to the agent of a row."""
        self.features.reserve(len(self._board.agents))
        kind, slots, table = _kind(contact), np.array([row]), self.features.table
        facts = self._facts(contact, kind)
        of_agent = (self.features.of_agents(slots)[0], self.features.of_pairs(kind, slots)[0])
        return Outlook(
            row=row,
            # It has left the line, in which it still was when agents were compared for it.
            facts=replace(facts, queue_length=facts.queue_length + 1),
            at_ms=self._clock.now_ms(),
            of_agent=np.concatenate(of_agent),
            table_seconds=float(table.seconds(kind, slots)[0]),
            median_ratio=math.exp(-table.variances.noise / 2),
        )

    def empty_table(self) -> HandleTimeTable:
        """A table to be filled for `start`."""
        return HandleTimeTable(self._limits.hang_up_seconds)

    def start(self, table: HandleTimeTable) -> None:
        """Go on with a table of what the store knows, and the occupancies that the board shows."""
        self.features.reserve(len(self._board.agents))
        self.features.start(table)
        for row, live in enumerate(self._board.agents.lives):
            self.features.set_occupancy(row, live.occupancy)

    def _talked(self, event: StoredEvent) -> None:
        # talk_ms adds up over all agents a contact was transferred to; an event may come twice.
        talked = int(str(event.data.get("talk_ms", 0)))
        here = talked - self._talked_ms.pop(event.subject, 0)
        if talked:
            self._talked_ms[event.subject] = talked
            if len(self._talked_ms) > _MOST_REMEMBERED:
                self._talked_ms.popitem(last=False)
        row = self._board.agents.row(str(event.data["agent"]))
        if event.type == "contact.wrap_up" and row is not None and here > 0:
            self.features.reserve(len(self._board.agents))
            kind = (str(event.data["queue"]), str(event.data["channel"]))
            self._learn(event, row, kind, here / 1000)
            for tell in self._listeners:
                tell(event.subject, row, here / 1000)

    def _learn(self, event: StoredEvent, row: int, kind: ContactType, seconds: float) -> None:
        ended = self._clock.now_ms() / 1000
        self.features.served(row, ended - seconds, ended)
        if self._limits.hang_up_seconds <= seconds <= OVERLONG_ABOVE_SECONDS:
            residual = math.log(seconds) - self.features.table.explained(row, kind)
            self.customers.observe(self._customer_of.get(event.subject, ""), residual, ended)
        self.features.observe(row, kind, seconds)

    def _note_customer(self, event: StoredEvent) -> None:
        """Remember whose contact it is while it lives, by the pseudonym that events carry."""
        key = str(event.data.get("customer_key") or "")
        if event.data.get("state") in TERMINAL:
            self._customer_of.pop(event.subject, None)
        elif key and event.type.startswith("contact."):
            self._customer_of[event.subject] = key
            if len(self._customer_of) > _MOST_REMEMBERED:
                self._customer_of.popitem(last=False)

    def _ask(
        self, model: HandleTimeModel, contacts: Sequence[Waiting], rows: Rows, started: float
    ) -> tuple[Predictions | None, str]:
        thousands = max(1.0, len(rows) / _BUDGET_ROWS)
        deadline = started + self._limits.budget_seconds * thousands
        self.features.reserve(len(self._board.agents))
        try:
            seconds = self._matrix(model, contacts, rows, deadline)
        except Exception:  # noqa: BLE001 - logged; whatever is wrong with a model, contacts are routed
            self._log.exception("model_failed", model=model.info.version)
            self._duty.failed(model)
            return None, FAILED
        if seconds is not None and not np.isfinite(seconds).all():
            self._log.error("model_failed", model=model.info.version, problem="not finite")
            self._duty.failed(model)
            return None, FAILED
        self._duty.took(model, self._timer.monotonic() > deadline)
        if seconds is None:
            return None, SLOW
        return Predictions(self._with_short_calls(seconds, rows), model.info.version), ""

    def _matrix(
        self, model: HandleTimeModel, contacts: Sequence[Waiting], rows: Rows, deadline: float
    ) -> NDArray[np.float64] | None:
        """Predictions of all contacts; None if that would take longer than the budget."""
        moment = moment_at(self._clock.now_ms(), model.info.time_zone)
        known: dict[tuple[Any, ...], NDArray[np.float64]] = {}
        seconds = np.empty((len(contacts), len(rows)))
        for index, contact in enumerate(contacts):
            kind = _kind(contact)
            features = contact_features(self._facts(contact, kind), moment)
            row = known.get((kind, features))
            if row is None:
                if known and self._timer.monotonic() > deadline:
                    return None
                row = model.seconds(features, kind, self.features, rows)
                known[kind, features] = row
            seconds[index] = row
        return seconds

    def _facts(self, contact: Waiting, kind: ContactType) -> ContactFacts:
        return ContactFacts(
            type_log_seconds=self.features.table.level(kind),
            channel=contact.channel,
            waited_seconds=(self._clock.now_ms() - contact.enqueue_ms) / 1000,
            queue_length=len(self._board.line(contact.queue)),
            customer=self.customers.recall(
                self._customer_of.get(contact.id, ""), self._clock.now_ms() / 1000
            ),
        )


def _kind(contact: Waiting) -> ContactType:
    return contact.queue, contact.channel
