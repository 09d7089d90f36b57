"""Who gets whom: plans, conditions, predictions, scores, and the dispatcher that acts on them."""

import math
from dataclasses import dataclass

from switchyard_router.adapters.decision_sink import DecisionWriter
from switchyard_router.entrypoints.attributes import attributes
from switchyard_router.service.agent_filters import AgentFilters
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.deciding import Decider
from switchyard_router.service.departures import Departures
from switchyard_router.service.dispatcher import Dispatcher
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.gates import Gates
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.model_trials import ModelTrials
from switchyard_router.service.predictions import Limits
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.step_judge import StepJudge
from switchyard_router.service.steps import Steps
from switchyard_router.service.verdicts import Verdicts
from switchyard_router.settings import RouterSettings
from switchyard_router.wiring.basis import Basis
from switchyard_router.wiring.models import Models
from switchyard_router.wiring.store import Stores


@dataclass(frozen=True, slots=True)
class Deciding:
    """The parts that choose; each listens to the board's events."""

    handle_times: HandleTimes
    trials: ModelTrials
    verdicts: Verdicts
    facts: ContactFacts
    steps: Steps
    decider: Decider
    dispatcher: Dispatcher
    records: DecisionWriter


def deciding(base: Basis, stores: Stores, models: Models) -> Deciding:
    """Wire them: what one learns wakes the dispatcher."""
    board, clock, metrics = base.board, base.clock, base.metrics

    def look_again(*contact_ids: str) -> None:
        for contact_id in contact_ids:
            board.touch(contact_id)
        dispatcher.wake()

    handle_times, trials, verdicts = _predicting(base, stores, models)
    departures, failures = Departures(look_again), ExpressionFailures(metrics)
    queue_facts = QueueFacts(board, base.doors, clock)
    facts = ContactFacts(stores.contacts, attributes, queue_facts, clock)
    filters = AgentFilters(board, facts, failures, departures, clock)
    judge, gates = StepJudge(board, facts, failures), Gates(board, base.doors)
    steps = Steps(board, stores.contacts, judge, departures, gates, clock, metrics)
    decider = Decider(board, filters, handle_times)
    records = DecisionWriter(stores.decisions, base.tenant, metrics)
    dispatcher = Dispatcher(board, decider, stores.contacts, records, base.ids, clock, metrics)
    facts.on_loaded(steps.on_facts)
    facts.on_loaded(lambda ids: look_again(*ids))
    return Deciding(handle_times, trials, verdicts, facts, steps, decider, dispatcher, records)


def _predicting(
    base: Basis, stores: Stores, models: Models
) -> tuple[HandleTimes, ModelTrials, Verdicts]:
    """Who predicts, who judges that by what came of it, and who remembers the verdict."""
    settings, limits = base.settings, _limits(base.settings)
    verdicts = Verdicts(stores.verdicts, models.metrics, settings.model_poll_seconds)
    handle_times = HandleTimes(
        base.board, base.clock, models.serving, base.system, models.metrics, limits, verdicts.wrong
    )
    trials = ModelTrials(
        base.board,
        handle_times,
        models.serving,
        models.shadow,
        verdicts,
        settings.model_alpha,
        limits.hang_up_seconds,
    )
    handle_times.on_service(trials.on_service)
    return handle_times, trials, verdicts


def _limits(settings: RouterSettings) -> Limits:
    return Limits(
        budget_seconds=settings.model_budget_ms / 1000,
        pause_seconds=settings.model_pause_seconds,
        most_age_seconds=settings.model_max_age_days * 86_400 or math.inf,
        hang_up_seconds=settings.hang_up_seconds,
    )
