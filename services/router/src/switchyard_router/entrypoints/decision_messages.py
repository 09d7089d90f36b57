"""Between kept decisions and the contract's message: scores and terms are computed from inputs."""

from collections.abc import Iterable

from switchyard.router.v1 import agent_pb2, decision_pb2
from switchyard_scoring.decision import Candidate, Inputs
from switchyard_scoring.scoring import Replayed, replay

from switchyard_router.domain.decision_search import DecisionFilter
from switchyard_router.domain.names import Tenant
from switchyard_router.service.decisions import OfferEnd

_CANDIDATE_BYTES = 200
"""What a candidate takes in an answer, roughly: a name and some named terms."""
_OPEN = ("PENDING", "")


def inputs_of(message: decision_pb2.Decision) -> Inputs:
    """What a decision was computed from."""
    kept = message.inputs
    return Inputs(
        formula=kept.formula,
        agents=tuple(kept.agents),
        columns=tuple(kept.columns),
        values=tuple(kept.values),
        weights=dict(kept.weights),
        contact=dict(kept.contact),
        given_to_others=dict(kept.given_to_others),
        scores=tuple(kept.scores),
    )


def recompute(message: decision_pb2.Decision) -> Replayed:
    """Scores and choice anew from what was kept; ValueError where this router cannot."""
    return replay(inputs_of(message), message.seed, message.propensity)


def differences(message: decision_pb2.Decision) -> list[str]:
    """What a replay gives otherwise than the record says; empty: equal bit for bit.

    Raises ValueError where this router cannot replay it: another formula, missing inputs.
    """
    if not message.inputs.agents and not message.chosen_agent:
        return []  # nobody could be chosen, so nothing was computed
    again = recompute(message)
    kept = list(message.inputs.scores)
    if len(kept) != len(again.candidates):
        return [f"{len(kept)} scores are kept for {len(again.candidates)} agents"]
    found = [
        f"score of {candidate.agent}: kept {score.hex()}, computed {candidate.score.hex()}"
        for score, candidate in zip(kept, again.candidates, strict=True)
        if score.hex() != candidate.score.hex()
    ]
    chosen = message.chosen_agent.rpartition("/")[2]
    if again.chosen != chosen:
        found.append(f"chosen agent: kept {chosen or 'nobody'}, computed {again.chosen}")
    return found


def expand(message: decision_pb2.Decision, tenant: Tenant) -> None:
    """Fill in the candidates of a kept decision.

    Of a formula that this router does not know, the scores are shown as they were, without terms.
    """
    if message.candidates or not message.inputs.agents:
        return
    try:
        candidates: Iterable[Candidate] = recompute(message).candidates
    except ValueError:
        candidates = (
            Candidate(agent, score, {}, 0.0)
            for agent, score in zip(message.inputs.agents, message.inputs.scores, strict=False)
        )
    message.candidates.extend(candidate_message(candidate, tenant) for candidate in candidates)


def candidate_message(candidate: Candidate, tenant: Tenant) -> decision_pb2.CandidateScore:
    """One agent's fare."""
    message = decision_pb2.CandidateScore(
        agent=tenant.of("agents", candidate.agent),
        eligible=not candidate.rejected,
        rejected_reason=candidate.rejected,
        score=candidate.score,
        terms=candidate.terms,
        propensity=candidate.propensity,
    )
    if candidate.predicted_ms:
        message.predicted_handle_time.FromMilliseconds(candidate.predicted_ms)
    return message


def fits(message: decision_pb2.Decision, wanted: DecisionFilter) -> bool:
    """Whether a decision is asked for."""
    values = {
        "contact": message.contact.rpartition("/")[2],
        "agent": message.chosen_agent.rpartition("/")[2],
        "queue": message.queue.rpartition("/")[2],
        "policy": message.policy,
        "arm": message.traffic_arm,
    }
    if wanted.degraded not in (None, message.degraded):
        return False
    return all(values[field] == value for field, value in wanted.equal.items())


def open_record(data: bytes, wanted: DecisionFilter) -> tuple[decision_pb2.Decision, int] | None:
    """A kept decision and about how many bytes it will take in an answer; None: not asked for."""
    message = decision_pb2.Decision.FromString(data)
    if not fits(message, wanted):
        return None
    return message, len(data) + _CANDIDATE_BYTES * len(message.inputs.agents)


def show_offer(message: decision_pb2.Decision, end: OfferEnd | None) -> None:
    """Say what became of the offer; nothing is said of one that is forgotten."""
    if end is None:
        return
    message.offer_state = agent_pb2.OfferState.Value(end.state)
    message.offer_reason = end.reason
    if end.state not in _OPEN and end.end_ms:
        message.offer_end_time.FromMilliseconds(end.end_ms)
