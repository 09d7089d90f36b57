"""The whole router, wired: what serves, what runs beside it, and who hears of events."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from switchyard_router.adapters.crm import CrmContext
from switchyard_router.adapters.decision_sink import DecisionWriter
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.adapters.redis.link import Link
from switchyard_router.entrypoints.access import Holdings
from switchyard_router.entrypoints.config_messages import ConfigMessages
from switchyard_router.entrypoints.draining import Drain
from switchyard_router.entrypoints.fanout import Fanout
from switchyard_router.service.auditor import Auditor
from switchyard_router.service.config_loader import ConfigLoader
from switchyard_router.service.context import ContextLookup
from switchyard_router.service.event_lag import EventLag
from switchyard_router.service.handle_time_history import HandleTimeHistory
from switchyard_router.service.projection import Projection
from switchyard_router.service.timers import Timers
from switchyard_router.settings import RouterSettings
from switchyard_router.wiring.basis import Basis, basis
from switchyard_router.wiring.deciding import Deciding, deciding
from switchyard_router.wiring.gauges import Gauges
from switchyard_router.wiring.models import Models, refresh_drift
from switchyard_router.wiring.servicers import Servicers
from switchyard_router.wiring.store import Stores
from switchyard_router.wiring.streams import Streams, streams
from switchyard_router.wiring.waiting import Waiting, waiting

_DRIFT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Router:
    """The wired router: servicers to add to a server, and what runs beside it."""

    add_servicers: tuple[Callable[[Any], None], ...]
    work: dict[str, Coroutine[Any, Any, None]]
    projection: Projection
    fanout: Fanout
    context: ContextLookup
    drain: Drain
    decisions: DecisionWriter
    holdings: Holdings


def build(
    settings: RouterSettings,
    link: Link,
    follower: Link,
    crm_channel: Any,
    metrics: RouterMetrics,
    models: Models,
) -> Router:
    """Wire the router; connects to nothing yet."""
    base, stores, drain = basis(settings, metrics), Stores.over(link, follower, settings), Drain()
    chosen = deciding(base, stores, models)
    waits = waiting(base, stores, chosen)
    told = streams(base, stores, waits)
    key = settings.pseudonym_key.get_secret_value().encode()
    crm = CrmContext(crm_channel, settings.tenant, key)
    context = ContextLookup(crm, stores.contacts, base.system, metrics, settings.context_seconds)
    auditor, lag = Auditor(base.board, base.clock, metrics), EventLag(base.clock)
    projection, history = _following(base, stores, chosen, waits, told, auditor, lag)
    gauges = Gauges(base.board, stores.config, auditor, base.clock, lag, projection, metrics)
    servicers = Servicers(base, stores, chosen, waits, told, context, projection, drain)
    work = {
        "projection": projection.run(),
        "dispatcher": chosen.dispatcher.run(),
        "steps": chosen.steps.run(),
        "contact_facts": chosen.facts.run(),
        "timers": Timers(stores.agents, base.clock).run(),
        "leases": told.leases.run(),
        "fanout": told.fanout.run(),
        "decisions": chosen.records.run(),
        "handle_times": history.run(),
        "models": models.serving.run(),
        "shadow_models": models.shadow.run(),
        "verdicts": chosen.verdicts.run(),
        "drift": refresh_drift(models, chosen.trials, chosen.verdicts, _DRIFT_SECONDS),
        "gauges": gauges.run(),
    }
    return Router(
        (servicers.add,),
        work,
        projection,
        told.fanout,
        context,
        drain,
        chosen.records,
        stores.contacts,
    )


def _following(
    base: Basis,
    stores: Stores,
    chosen: Deciding,
    waits: Waiting,
    told: Streams,
    auditor: Auditor,
    lag: EventLag,
) -> tuple[Projection, HandleTimeHistory]:
    """Who hears of events after the board, in this order, and who forgets when some are lost."""
    projection = Projection(
        base.board,
        stores.snapshots,
        stores.log,
        ConfigLoader(
            base.board, stores.config, ConfigMessages(base.cel), base.metrics.config_put_back
        ),
        (
            lag.on_event,
            auditor.on_event,
            waits.promises.on_event,
            waits.paces.on_event,
            chosen.trials.on_event,
            chosen.handle_times.on_event,
            told.fanout.on_event,
            chosen.facts.on_event,
            chosen.steps.on_event,
            chosen.dispatcher.on_event,
        ),
        (
            auditor.forget,
            waits.paces.forget,
            told.fanout.start_over,
            chosen.facts.forget,
            chosen.trials.forget,
            lambda: history.start_over(),
        ),
    )
    history = HandleTimeHistory(
        base.board, stores.handled, chosen.handle_times, projection.caught_up
    )
    return projection, history
