"""Tells a contact's story in lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.router.v1 import agent_pb2, contact_pb2, decision_pb2, routing_service_pb2

from switchyard_router.entrypoints.cli.story import Story
from switchyard_router.entrypoints.cli.wording import Wording

_FACTS = (
    ("handle_ms", "predicted"),
    ("idle_ms", "idle"),
    ("unoffered_ms", "unoffered"),
    ("busy_ms", "busy"),
    ("left_ms", "left"),
)
_MOST_SHOWN = 20
_LEAST_SHOWN = 0.05
"""Smaller shares would read 0.0."""
_MISSED = (agent_pb2.DECLINED, agent_pb2.TIMED_OUT, agent_pb2.FAILED, agent_pb2.RESCINDED)


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how it is shown: "" plain, "head", "good", "weak", "warn"."""

    text: str
    style: str = ""


def tell(story: Story, words: Wording, zone: tzinfo | None = None) -> list[Line]:
    """The whole story; times in `zone`, None for the machine's own."""
    return list(_Teller(story, words, zone).lines())


class _Teller:
    def __init__(self, story: Story, words: Wording, zone: tzinfo | None) -> None:
        self._story = story
        self._words = words
        self._zone = zone

    def lines(self) -> Iterator[Line]:
        yield from self._contact()
        if not self._story.decisions:
            yield Line(self._words.say("no_decisions"))
        for number, decision in enumerate(self._story.decisions, start=1):
            yield Line("")
            yield from self._decision(number, decision)
        if self._story.advice is not None:
            yield Line("")
            yield from self._now(self._story.advice)
        if any(self._story.skills.values()):
            yield Line(self._words.say("levels"), "weak")

    def _contact(self) -> Iterator[Line]:
        contact, words = self._story.contact, self._words
        yield Line(
            words.say(
                "contact",
                id=_id(contact.name),
                external=contact.external_id,
                queue=_id(contact.queue),
                channel=words.name(contact_pb2.Channel.Name(contact.channel)),
                state=words.name(contact_pb2.ContactState.Name(contact.state)),
                reason=f" ({contact.reason})" if contact.reason else "",
            ),
            "head",
        )
        about = [words.say("created", time=self._time(contact.create_time))]
        if contact.language:
            spoken = words.skill(f"lang.{contact.language.split('-')[0].lower()}")
            about.append(words.say("language", language=spoken.removeprefix("lang.")))
        yield Line(words.join(about), "weak")

    def _decision(self, number: int, decision: decision_pb2.Decision) -> Iterator[Line]:
        words = self._words
        head = words.say(
            "decision",
            number=number,
            time=self._time(decision.time),
            waited=_seconds(decision.waited.ToMilliseconds()),
            policy=words.name(decision.policy),
            plan=decision.plan_version,
            step=decision.step,
        )
        yield Line(" · ".join([head, *self._notes(decision)]), "head")
        if decision.degraded:
            yield Line(f"   {words.say('degraded')}", "warn")
        yield from self._candidates(decision)
        yield from self._earlier(decision, self._story.decisions[: number - 1])
        if decision.rejected_counts:
            yield Line(f"   {self._rejected(decision.rejected_counts)}", "weak")
        if not decision.advice:
            yield Line(f"   {self._offer(decision)}")

    def _notes(self, decision: decision_pb2.Decision) -> list[str]:
        words = self._words
        noted = [words.say("eligible", count=decision.eligible_count)]
        if decision.model_version:
            noted.append(words.say("model", model=decision.model_version))
        if decision.traffic_arm:
            noted.append(words.say("arm", arm=decision.traffic_arm))
        if decision.overtaken_count:
            noted.append(words.say("overtaken", count=decision.overtaken_count))
        if decision.advice:
            noted.append(words.say("advice"))
        return noted

    def _candidates(self, decision: decision_pb2.Decision) -> Iterator[Line]:
        facts = _facts(decision.inputs)
        given = decision.inputs.given_to_others
        for candidate in decision.candidates[:_MOST_SHOWN]:
            agent = _id(candidate.agent)
            chosen = candidate.agent == decision.chosen_agent
            kind = "chosen" if chosen else "given" if agent in given else "candidate"
            head = self._words.say(
                kind, agent=self._agent(candidate.agent), contact=given.get(agent, "")
            )
            told = [head, *self._told(candidate, facts.get(agent, {}), decision.step)]
            yield Line(f"   {self._words.join(told)}", "good" if chosen else "")
            yield Line(f"      {self._score(candidate)}", "weak")

    def _told(
        self, candidate: decision_pb2.CandidateScore, facts: Mapping[str, int], step: int
    ) -> list[str]:
        words = self._words
        told = [
            words.say(sentence, value=_seconds(facts[column]))
            for column, sentence in _FACTS
            if facts.get(column, 0) > 0
        ]
        agent = self._story.agents.get(candidate.agent)
        levels = agent.skills if agent else {}
        place = int("handle_ms" in facts)
        told[place:place] = [
            words.say("skill", skill=words.skill(skill), level=levels[skill])
            for skill in self._story.skills.get(step, ())
            if skill in levels
        ]
        if facts.get("known"):
            told.append(words.say("known"))
        return told

    def _score(self, candidate: decision_pb2.CandidateScore) -> str:
        terms = sorted(candidate.terms.items(), key=lambda term: -abs(term[1]))
        shares = " ".join(
            f"{self._words.name(name)} {share:+.1f}"
            for name, share in terms
            if abs(share) >= _LEAST_SHOWN
        )
        return self._words.say("score", score=f"{candidate.score:.1f}", terms=shares or "0.0")

    def _earlier(
        self, decision: decision_pb2.Decision, earlier: Sequence[decision_pb2.Decision]
    ) -> Iterator[Line]:
        """Who had been offered the contact before and did not take it."""
        now = decision.time.ToMilliseconds()
        seen = {decision.chosen_agent}
        for before in reversed(earlier):
            if before.offer_state not in _MISSED or before.chosen_agent in seen:
                continue
            seen.add(before.chosen_agent)
            what = self._words.name(agent_pb2.OfferState.Name(before.offer_state))
            # The times are two clocks' times, which differ by milliseconds.
            ago = _seconds(max(0, now - before.offer_end_time.ToMilliseconds()))
            agent = self._agent(before.chosen_agent)
            yield Line(f"   {self._words.say('before', agent=agent, what=what, ago=ago)}")

    def _rejected(self, counts: Mapping[str, int]) -> str:
        words = self._words
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return words.say(
            "rejected",
            reasons=words.join(
                [
                    words.say("rejected_one", count=count, reason=words.reason(reason))
                    for reason, count in ordered
                ]
            ),
        )

    def _offer(self, decision: decision_pb2.Decision) -> str:
        words = self._words
        if decision.offer_state == agent_pb2.OFFER_STATE_UNSPECIFIED:
            return words.say("offer_unknown")
        what = words.name(agent_pb2.OfferState.Name(decision.offer_state))
        reason = decision.offer_reason
        if reason and reason != agent_pb2.OfferState.Name(decision.offer_state):
            what += f" ({reason})"
        if not decision.HasField("offer_end_time"):
            return words.say("offer", what=what)
        after = decision.offer_end_time.ToMilliseconds() - decision.time.ToMilliseconds()
        return words.say("offer_after", what=what, after=_seconds(max(0, after)))

    def _now(self, advice: routing_service_pb2.RankAgentsResponse) -> Iterator[Line]:
        words = self._words
        wait = [words.say("position", position=advice.wait.position)]
        if advice.wait.confident:
            p50 = _seconds(advice.wait.p50.ToMilliseconds())
            wait.append(words.say("likely", p50=p50))
        yield Line(words.say("waits", wait=words.join(wait)), "head")
        if "STALE_STATE" in advice.degraded_reasons:
            yield Line(f"   {words.say('stale')}", "warn")
        if advice.HasField("held_until"):
            yield Line(f"   {words.say('held', time=self._time(advice.held_until))}", "warn")
        free = [candidate for candidate in advice.ranked if candidate.eligible]
        yield Line(f"   {words.say('somebody' if free else 'nobody')}")
        for candidate in free:
            yield Line(f"      {self._agent(candidate.agent)}", "good")
        if advice.rejected_counts:
            yield Line(f"   {self._rejected(advice.rejected_counts)}")
        yield from self._barred(advice.ranked)

    def _barred(self, ranked: Sequence[decision_pb2.CandidateScore]) -> Iterator[Line]:
        """Agents of the queue who cannot have it, each with the reason."""
        barred = [c for c in ranked if not c.eligible and c.rejected_reason != "QUEUE"]
        for candidate in barred[:_MOST_SHOWN]:
            reason = self._words.reason(candidate.rejected_reason)
            said = self._words.say("one", agent=self._agent(candidate.agent), reason=reason)
            yield Line(f"      {said}", "weak")
        if len(barred) > _MOST_SHOWN:
            yield Line(f"      {self._words.say('more')}", "weak")

    def _agent(self, name: str) -> str:
        agent = self._story.agents.get(name)
        shown = agent.display_name if agent else ""
        return f"{_id(name)} ({shown})" if shown and shown != _id(name) else _id(name)

    def _time(self, time: Timestamp) -> str:
        return time.ToDatetime(UTC).astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")


def _facts(inputs: decision_pb2.DecisionInputs) -> dict[str, dict[str, int]]:
    """Column values by agent."""
    width = len(inputs.columns)
    return {
        agent: dict(
            zip(inputs.columns, inputs.values[row * width : (row + 1) * width], strict=True)
        )
        for row, agent in enumerate(inputs.agents)
    }


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _seconds(ms: int) -> str:
    """A length of time: "3.2 s", "142 s", "47 min"."""
    seconds = ms / 1000
    if abs(seconds) >= 600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if abs(seconds) >= 10 else f"{seconds:.1f} s"
