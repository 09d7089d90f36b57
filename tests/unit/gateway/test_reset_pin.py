"""Setting a new PIN: what is checked before the link is spent."""

from collections import Counter

import pytest
from switchyard_gateway.service.reset_pin import NewPin, ResetOutcome, SetNewPin

pytestmark = pytest.mark.unit

TOKEN = "tHe-SeCrEt_0123456789"


class Links:
    """Takes every link once."""

    def __init__(self, answer: ResetOutcome = ResetOutcome.DONE) -> None:
        self.redeemed: list[tuple[str, str]] = []
        self._answer = answer

    async def redeem(self, token: str, pin: str) -> ResetOutcome:
        self.redeemed.append((token, pin))
        return self._answer


class Counts(Counter[str]):
    def pin_reset(self, outcome: str) -> None:
        self[outcome] += 1


async def attempt(pin: str, again: str | None = None, token: str = TOKEN) -> tuple[str, Links]:
    links, counts = Links(), Counts()
    outcome = await SetNewPin(links, counts).execute(
        NewPin(token, pin, pin if again is None else again)
    )
    assert counts == {outcome: 1}
    return outcome, links


async def test_a_good_pin_is_set() -> None:
    outcome, links = await attempt("7301")
    assert outcome == "done"
    assert links.redeemed == [(TOKEN, "7301")]


async def test_full_width_digits_are_digits() -> None:
    _, links = await attempt("\uff17\uff13\uff10\uff11 ", "7301")
    assert links.redeemed == [(TOKEN, "7301")]


@pytest.mark.parametrize(
    ("pin", "again", "outcome"),
    [
        ("", "", "not_a_pin"),
        ("731", "731", "not_a_pin"),
        ("730173017", "730173017", "not_a_pin"),
        ("73a1", "73a1", "not_a_pin"),
        ("٧٣٠١", "٧٣٠١", "not_a_pin"),
        ("7301", "7302", "different"),
    ],
)
async def test_a_bad_pin_does_not_spend_the_link(pin: str, again: str, outcome: str) -> None:
    got, links = await attempt(pin, again)
    assert got == outcome
    assert links.redeemed == []


@pytest.mark.parametrize("token", ["", "short", "no spaces here", "../../etc", "x" * 257])
async def test_what_is_no_link_is_not_asked_for(token: str) -> None:
    got, links = await attempt("7301", token=token)
    assert got == "link_over"
    assert links.redeemed == []
