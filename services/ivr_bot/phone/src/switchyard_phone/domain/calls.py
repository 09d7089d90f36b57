"""Calls: who calls whom, how a call ends, what a transfer came to, how well it was heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import log1p
from typing import NewType

CallId = NewType("CallId", str)
"""Names a call in logs, events and timelines: the SIP Call-ID, or AudioSocket's UUID."""


class Line(StrEnum):
    """How a call came in."""

    SIP = "sip"
    AUDIOSOCKET = "audiosocket"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the network says of a call before it is answered. None of it proves who calls."""

    id: CallId
    line: Line
    caller: str = field(default="", repr=False)
    """Number or user that calls: from P-Asserted-Identity, otherwise From; empty when withheld."""
    dialled: str = field(default="", repr=False)
    """Number or user that was dialled, as the last switch asked for it."""
    peer: str = ""
    """Address of the switch that sent the call."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of the call that begin with X-, by name in lower case."""


class Ended(StrEnum):
    """Why a call is over."""

    CALLER = "caller"
    """The caller's side hung up."""
    CANCELLED = "cancelled"
    """The caller gave up before the call was answered."""
    HERE = "here"
    """This side hung up."""
    REFUSED = "refused"
    """This side did not take the call."""
    TRANSFERRED = "transferred"
    LOST = "lost"
    """Nothing is heard from the caller's side any more, or no audio could be agreed on."""
    STOPPED = "stopped"
    """This process stops."""


class Transfer(StrEnum):
    """What became of a transfer."""

    DONE = "done"
    """The other side answered; this leg is over."""
    FAILED = "failed"
    """The other side did not answer, or the switch refused."""
    TIMED_OUT = "timed_out"
    """No outcome was reported in time; it may still come."""
    GONE = "gone"
    """The caller hung up meanwhile."""
    UNSUPPORTED = "unsupported"
    """This line cannot transfer in this way; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The outcome of a transfer."""

    outcome: Transfer
    status: int | None = None
    """SIP status that the switch reported, such as 486; None when it reported none."""
    lives: bool = False
    """Whether the caller is still here and can be spoken with."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a call was heard so far. Losses and jitter are of what came in."""

    sent: int = 0
    """Packets."""
    received: int = 0
    """Packets."""
    lost: int = 0
    """Packets that never came."""
    lost_there: int = 0
    """Packets of ours that the other side missed."""
    jitter_ms: float = 0.0
    round_trip_ms: float = 0.0
    starved: int = 0
    """Frames that were sent late because this process was too slow."""
    dropped: int = 0
    """Frames heard that nobody fetched in time."""

    @property
    def mos(self) -> float:
        """Estimated mean opinion score, 1 to 4.5: ITU-T G.107 (2015), the simplified E-model.

        R = 93.2 - Id - Ie; Id by Cole and Rosenbluth (2001), Ie = 30 ln(1 + 15 e) for G.711 with
        a share e of packets lost.
        """
        share = self.lost / max(1, self.received + self.lost)
        delay = self.round_trip_ms / 2 + 2 * self.jitter_ms + 10
        return _opinion(93.2 - _delay_impairment(delay) - _loss_impairment(share))


def _delay_impairment(delay_ms: float) -> float:
    late = 0.11 * (delay_ms - 177.3) if delay_ms > 177.3 else 0.0
    return 0.024 * delay_ms + late


def _loss_impairment(share: float) -> float:
    return 30 * log1p(15 * share)


def _opinion(rating: float) -> float:
    if rating <= 0:
        return 1.0
    rating = min(rating, 100.0)
    return round(1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating), 2)
