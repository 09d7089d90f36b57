"""Who is meant, judged from who holds the identifiers."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.blocked import BlockedValues
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.resolution import (
    MAX_CANDIDATES,
    MAX_HOLDERS,
    Holders,
    Match,
    Resolution,
    ResolveOutcome,
    judge,
)
from switchyard_crm.service.resolve import Resolve

pytestmark = pytest.mark.unit

PHONE = Identifier(IdentifierKind.PHONE, "+8619900001234")
EMAIL = Identifier(IdentifierKind.EMAIL, "a@example.com")
CROWD = tuple(f"c-{n}" for n in range(MAX_HOLDERS + 1))


def match(identifier: Identifier, *holders: str) -> Match:
    return Match(identifier, tuple(CustomerId(holder) for holder in holders))


def outcome(*matches: Match) -> tuple[ResolveOutcome, list[str]]:
    found = judge(matches)
    return found.outcome, [str(each.customer) for each in found.candidates]


def test_one_holder_is_the_customer() -> None:
    assert outcome(match(PHONE, "a")) == (ResolveOutcome.UNIQUE, ["a"])


def test_nobody_holds_it() -> None:
    assert outcome(match(PHONE), match(EMAIL)) == (ResolveOutcome.NONE, [])
    assert judge([]) == Resolution(ResolveOutcome.NONE)


def test_a_family_number_is_ambiguous() -> None:
    assert outcome(match(PHONE, "b", "a")) == (ResolveOutcome.AMBIGUOUS, ["a", "b"])


def test_an_email_tells_a_family_apart() -> None:
    assert outcome(match(PHONE, "a", "b"), match(EMAIL, "b")) == (ResolveOutcome.UNIQUE, ["b"])


def test_an_unknown_identifier_does_not_disturb() -> None:
    assert outcome(match(PHONE, "a"), match(EMAIL)) == (ResolveOutcome.UNIQUE, ["a"])


def test_contradicting_identifiers_are_ambiguous_the_surer_first() -> None:
    assert outcome(match(PHONE, "a"), match(EMAIL, "b")) == (ResolveOutcome.AMBIGUOUS, ["b", "a"])


def test_a_number_of_many_identifies_nobody() -> None:
    assert outcome(match(PHONE, *CROWD)) == (ResolveOutcome.SHARED_NUMBER, [])


def test_a_number_of_many_does_not_hide_an_email() -> None:
    assert outcome(match(PHONE, *CROWD), match(EMAIL, "x")) == (ResolveOutcome.UNIQUE, ["x"])


def test_more_evidence_makes_surer_and_is_told() -> None:
    alone = judge([match(PHONE, "a")]).candidates[0]
    both = judge([match(PHONE, "a"), match(EMAIL, "a")]).candidates[0]
    assert alone.evidence == ("phone equal",)
    assert both.evidence == ("phone equal", "email equal")
    assert both.confidence > alone.confidence


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(IdentifierKind)),
            st.sets(st.sampled_from([f"c-{n}" for n in range(12)]), max_size=8),
        ),
        max_size=10,
    )
)
def test_every_judgement_is_sound(held: list[tuple[IdentifierKind, set[str]]]) -> None:
    matches = [match(Identifier(kind, "x"), *sorted(holders)) for kind, holders in held]
    found = judge(matches)
    assert (found.outcome is ResolveOutcome.UNIQUE) == (len(found.candidates) == 1)
    assert len(found.candidates) <= MAX_CANDIDATES
    confidences = [candidate.confidence for candidate in found.candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 1 for confidence in confidences)
    for candidate in found.candidates:
        assert any(candidate.customer in each.holders and not each.shared for each in matches)


@pytest.mark.parametrize(
    ("identifier", "outcome"),
    [
        (Identifier(IdentifierKind.PHONE, "+8613800138000"), ResolveOutcome.SHARED_NUMBER),
        (Identifier(IdentifierKind.PHONE, "+862155501234"), ResolveOutcome.SHARED_NUMBER),
        (Identifier(IdentifierKind.EMAIL, "info@example.com"), ResolveOutcome.UNIQUE),
        (PHONE, ResolveOutcome.UNIQUE),
    ],
    ids=["a placeholder", "listed by the operator", "a company's mailbox", "a number"],
)
async def test_a_number_that_is_nobodys_identifies_nobody_though_one_holds_it(
    identifier: Identifier, outcome: ResolveOutcome
) -> None:
    resolve = Resolve(OneHolder(), BlockedValues(frozenset({"+862155501234"})))
    assert (await resolve.run(TenantId("demo"), [identifier])).outcome is outcome


class OneHolder:
    """Every identifier is held by one customer."""

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[Holders]:
        return [Holders((CustomerId("c-1"),), 1, 1) for _ in identifiers]
