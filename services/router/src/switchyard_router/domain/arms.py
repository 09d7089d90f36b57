"""Which arm of a comparison holds: dealt by lot, the same for whoever asks.

The store deals too, when a contact enters a queue (`shared/contacts.lua`): both must agree, and a
test holds them to it. Lots come from SHA-1, which the store's scripts have; nobody is kept from
foreseeing them, they only must not go with the time of day or the kind of contact.
"""

import hashlib
from functools import lru_cache

from switchyard_router.domain.queues import Arm, QueueProfile

_MOST_TURNS = 100
"""Longest block of turns; shares are exact to one in so many."""


def arm_of(queue: QueueProfile, contact_id: str, known: str, now_ms: int) -> Arm | None:
    """The arm that holds for a contact; None where nothing is compared.

    With a period, the arms take turns, each for its share of the periods (a switchback: who shares
    agents must not be split). Without one, the arm is the one the contact has been given (`known`),
    else its lot decides.
    """
    if not queue.arms:
        return None
    if queue.arm_period_ms:
        return arm_at(queue, now_ms)
    return next((arm for arm in queue.arms if arm.name == known), None) or _drawn(queue, contact_id)


def arm_at(queue: QueueProfile, now_ms: int) -> Arm:
    """The arm whose turn it is. In each block of periods every arm has its share, in an order by
    lot: an arm that always had the same hours of the day would be compared with other hours."""
    turns = turns_of(queue.arms)
    block, place = divmod(now_ms // queue.arm_period_ms, sum(turns))
    return queue.arms[_block(queue.id, turns, _names(queue.arms), block)[place]]


@lru_cache(maxsize=256)
def turns_of(arms: tuple[Arm, ...]) -> tuple[int, ...]:
    """Periods of each arm in one block: the shortest block in which all shares come out whole, or
    the nearest to them in the longest one."""
    for length in range(1, _MOST_TURNS):
        turns = tuple(round(arm.share * length) for arm in arms)
        exact = all(
            abs(turn - arm.share * length) < 1e-6 for turn, arm in zip(turns, arms, strict=True)
        )
        if exact and sum(turns) == length:
            return turns
    return _rounded(arms)


def _rounded(arms: tuple[Arm, ...]) -> tuple[int, ...]:
    whole = [int(arm.share * _MOST_TURNS) for arm in arms]
    left = [arm.share * _MOST_TURNS - turns for arm, turns in zip(arms, whole, strict=True)]
    lacking = sorted(range(len(arms)), key=lambda index: -left[index])[: _MOST_TURNS - sum(whole)]
    return tuple(turns + (index in lacking) for index, turns in enumerate(whole))


def lot(*parts: str | int) -> float:
    """A number from 0 to below 1 that depends on nothing but the parts; 52 bits."""
    text = "\0".join(str(part) for part in parts).encode()
    return int(hashlib.sha1(text, usedforsecurity=False).hexdigest()[:13], 16) / 2**52


def _names(arms: tuple[Arm, ...]) -> str:
    return ",".join(arm.name for arm in arms)


def _drawn(queue: QueueProfile, contact_id: str) -> Arm:
    place = lot(queue.id, _names(queue.arms), contact_id)
    for arm in queue.arms:
        place -= arm.share
        if place < 0:
            return arm
    return queue.arms[-1]


@lru_cache(maxsize=1024)
def _block(queue_id: str, turns: tuple[int, ...], names: str, block: int) -> tuple[int, ...]:
    """Index of the arm of each period of a block."""
    dealt = [index for index, count in enumerate(turns) for _ in range(count)]
    lots = [lot(queue_id, names, block, place) for place in range(len(dealt))]
    ranks = sorted(range(len(dealt)), key=lambda place: lots[place])
    arms = [0] * len(dealt)
    for index, place in zip(dealt, ranks, strict=True):
        arms[place] = index
    return tuple(arms)
