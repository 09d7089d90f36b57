"""What the event log and the decision log say about a choice."""

from collections.abc import Iterator

from switchyard_history.merging import Part, Row
from switchyard_history.tables import decision_candidates, decisions
from switchyard_scoring.decision import Candidate, Decision
from switchyard_scoring.scoring import replay

from switchyard_insights.domain.events import Fact, Fields, LoggedEvent

_BY_DECISION_LOG = 1
_BY_EVENT = 2


def decided_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """The choice as it was committed. Raises BadEvent."""
    data = Fields(event.data)
    yield (
        decisions,
        {
            "tenant": tenant,
            "decision": data.text("decision"),
            "source_rank": _BY_EVENT,
            "time_ms": event.time_ms,
            "contact": data.text("contact") or event.subject,
            "agent": data.text("agent"),
            "policy": data.text("policy"),
            "model_version": data.text("model_version"),
            "arm": data.text("arm"),
            "degraded": data.flag("degraded"),
            "propensity": data.number("propensity"),
            "predicted_ms": data.whole("predicted_ms"),
            "waited_ms": data.whole("waited_ms"),
            "step": data.whole("step"),
            "plan_version": data.whole("plan_version"),
            "eligible_count": data.whole("eligible_count"),
            "rejected_counts": data.counts("rejected_counts"),
        },
    )


def kept_fact(tenant: str, decision: Decision) -> Fact:
    """The choice with everybody it was computed for, as the decision log keeps it.

    Terms are computed from the inputs by the router's formula. Of a formula that is not known here
    the scores are kept as they were, without terms.
    """
    parts: list[Part] = [(decisions, _row(tenant, decision))]
    candidates, chosen = _candidates(decision)
    for place, candidate in enumerate(candidates):
        row = _candidate(tenant, decision, candidate, chosen=candidate.agent == chosen)
        parts.append((decision_candidates, row | {"place": place}))
    return Fact(decision.time_ms, tuple(parts))


def _candidates(decision: Decision) -> tuple[tuple[Candidate, ...], str]:
    inputs = decision.inputs
    if not inputs.agents:
        return (), ""
    try:
        again = replay(inputs, decision.seed, decision.propensity)
    except ValueError:
        as_kept = zip(inputs.agents, inputs.scores, strict=False)
        return tuple(Candidate(agent, score, {}, 0.0) for agent, score in as_kept), decision.agent
    return again.candidates, again.chosen


def _row(tenant: str, decision: Decision) -> Row:
    return {
        "tenant": tenant,
        "decision": decision.id,
        "source_rank": _BY_DECISION_LOG,
        "time_ms": decision.time_ms,
        "contact": decision.contact,
        "agent": decision.agent,
        "policy": decision.policy,
        "model_version": decision.model_version,
        "arm": decision.arm,
        "degraded": decision.degraded,
        "propensity": decision.propensity,
        "predicted_ms": decision.predicted_ms,
        "waited_ms": decision.waited_ms,
        "step": decision.step,
        "plan_version": decision.plan_version,
        "eligible_count": decision.eligible_count,
        "rejected_counts": dict(decision.rejected_counts),
        "kept": 1,
        "queue": decision.queue,
        "seed": str(decision.seed),
        "overtaken": decision.overtaken,
        "offer": decision.offer,
        "advice": decision.advice,
        "formula": decision.inputs.formula,
        "weights": dict(decision.inputs.weights),
    }


def _candidate(tenant: str, decision: Decision, candidate: Candidate, *, chosen: bool) -> Row:
    taken = decision.inputs.given_to_others.get(candidate.agent, "")
    return {
        "tenant": tenant,
        "decision": decision.id,
        "agent": candidate.agent,
        "chosen": chosen,
        "score": candidate.score,
        "terms": dict(candidate.terms),
        "propensity": candidate.propensity,
        "predicted_ms": candidate.predicted_ms,
        "rejected": candidate.rejected or ("GIVEN_TO_ANOTHER" if taken else ""),
        "time_ms": decision.time_ms,
    }
