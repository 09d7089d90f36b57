"""Tells in lines for people what is known of somebody, in English and Chinese alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.commands import Lang

from switchyard_crm.entrypoints.cli.wording import WORDS, Wording

# ISO 4217: currencies whose smallest unit is the unit itself.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_MOST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What was asked for: who it is, and what is known; the context is empty unless UNIQUE."""

    resolution: crm.ResolveResponse
    context: crm.GetContextResponse


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how it is shown: "" plain, "head", "weak", "warn"."""

    text: str
    style: str = ""


def tell(told: Told, lang: Lang, zone: tzinfo | None = None) -> list[Line]:
    """All that is known; days in `zone`, None for the machine's own."""
    return list(_Teller(WORDS[lang], zone).lines(told))


class _Teller:
    def __init__(self, words: Wording, zone: tzinfo | None) -> None:
        self._words = words
        self._zone = zone

    def lines(self, told: Told) -> Iterator[Line]:
        outcome = told.resolution.outcome
        if outcome == crm.UNIQUE:
            yield from self._customer(told)
            return
        candidates = told.resolution.candidates
        evidence = self._words.all(candidates[0].evidence) if candidates else ""
        name = crm.ResolveOutcome.Name(outcome)
        yield Line(self._say(name, evidence=evidence).strip(), "warn")
        if told.resolution.caller_type:
            yield Line(self._say("caller", caller=self._words.name(told.resolution.caller_type)))
        if outcome == crm.AMBIGUOUS:
            for each in candidates:
                yield Line(self._candidate("candidate", each))

    def _customer(self, told: Told) -> Iterator[Line]:
        known = told.context.context
        yield Line(known.customer.display_name.value or self._say("nameless"), "head")
        yield Line(self._candidate("found", told.resolution.candidates[0]), "weak")
        yield from self._profile(known.customer)
        if known.HasField("routing"):
            yield Line(self._routing(known.routing))
        yield from self._part("orders", [self._order(order) for order in known.orders])
        yield from self._part("bills", [self._bill(bill) for bill in known.bills])
        yield from self._part("cases", [self._case(case) for case in known.open_cases])
        yield from self._part("timeline", [self._happened(each) for each in known.timeline])
        yield Line("")
        yield Line(self._say("sources", sources=self._sources(told.context)), "weak")
        if told.context.partial:
            yield Line(self._say("missing", missing=self._words.all(told.context.partial)), "warn")

    def _profile(self, customer: model.Customer) -> Iterator[Line]:
        for field in ("language", "tier", "birth_date", "address"):
            if customer.HasField(field):
                yield self._value(field, getattr(customer, field))
        for field in ("phones", "emails", "handles"):
            for value in getattr(customer, field):
                yield self._value(field, value)
        if customer.HasField("since_time"):
            yield Line("  " + self._say("since", day=self._day(customer.since_time)))

    def _value(self, field: str, sourced: model.SourcedValue) -> Line:
        origin = self._say("from", source=sourced.source, day=self._day(sourced.observed_time))
        return Line(f"  {self._say(field)}: {sourced.value}  ({origin})")

    def _routing(self, hints: model.RoutingHints) -> str:
        return "  " + self._say(
            "routing",
            contacts=hints.contacts_7d,
            cases=hints.open_cases,
            agents=self._words.joint.join(hints.last_agents) or self._say("nobody"),
        )

    def _order(self, order: model.Order) -> str:
        items = ", ".join(f"{each.name} ×{each.quantity}" for each in order.items[:_MOST_ITEMS])
        more = " …" if len(order.items) > _MOST_ITEMS else ""
        return (
            f"{self._day(order.placed_time)}  {order.number}  {self._words.name(order.state)}  "
            f"{_money(order.total)}  {items}{more}"
        )

    def _bill(self, bill: model.Bill) -> str:
        due = f"  {self._say('due', day=bill.due_date)}" if bill.due_date else ""
        state = self._words.name(bill.state)
        return f"{bill.period}  {bill.number}  {state}  {_money(bill.amount)}{due}"

    def _case(self, case: model.Case) -> str:
        return (
            f"{self._day(case.update_time)}  {case.number}  {self._words.name(case.state)}  "
            f"{self._words.name(case.priority)}  "
            f"{case.subject}  ({case.source})"
        )

    def _happened(self, interaction: model.Interaction) -> str:
        who = interaction.agent or self._say("self-service")
        words = (
            self._words.name(interaction.channel),
            who,
            interaction.disposition,
            interaction.summary,
        )
        return f"{self._day(interaction.time)}  " + "  ".join(filter(None, words))

    def _part(self, title: str, lines: list[str]) -> Iterator[Line]:
        if lines:
            yield Line("")
            yield Line(self._say(title), "head")
            yield from (Line(f"  {line}") for line in lines)

    def _candidate(self, sentence: str, candidate: crm.ResolveCandidate) -> str:
        return self._say(
            sentence,
            customer=candidate.customer.rpartition("/")[2],
            confidence=candidate.confidence,
            evidence=self._words.all(candidate.evidence),
        )

    def _sources(self, context: crm.GetContextResponse) -> str:
        return " · ".join(
            f"{each.source} {self._words.name(crm.SourceStatus.Name(each.status))} "
            f"{each.took.ToMilliseconds()} ms"
            for each in context.sources
        )

    def _day(self, time: Timestamp) -> str:
        moment: datetime = time.ToDatetime(UTC)
        return moment.astimezone(self._zone).strftime("%Y-%m-%d")

    def _say(self, sentence: str, **values: object) -> str:
        return self._words.say(sentence, **values)


def _money(money: model.Money) -> str:
    if money.currency in _WHOLE:
        return f"{money.currency} {money.minor_units}"
    return f"{money.currency} {money.minor_units / 100:.2f}"
