"""Skills that some agent has: nobody waits for a skill that nobody has."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.skills import LANGUAGE_PLACEHOLDER, SkillNeed
from switchyard_router.service.store_clock import StoreClock

UNKNOWN_SKILL = "UNKNOWN_SKILL"
_FRESH_MS = 2_000


class SkillSource(Protocol):
    """Reads the skills of all stored agents."""

    async def stored_skills(self) -> set[str]:
        """All of them."""
        ...


class KnownSkills:
    """Asks the board; what it does not know, the store, at most once in two seconds.

    The board may be a moment behind, and a customer must not be turned away for that.
    """

    def __init__(self, agents: AgentTable, source: SkillSource, clock: StoreClock) -> None:
        self._agents = agents
        self._source = source
        self._clock = clock
        self._stored: set[str] = set()
        self._read_ms = 0
        self._reading = asyncio.Lock()

    async def unknown(self, needs: Sequence[SkillNeed]) -> list[int]:
        """Indexes of needs that no agent could ever meet; wishes and `{language}` are none."""
        missing = [index for index, need in enumerate(needs) if not self._on_board(need)]
        if missing:
            stored = await self._skills()
            missing = [index for index in missing if needs[index].skill not in stored]
        return missing

    def _on_board(self, need: SkillNeed) -> bool:
        if need.preferred or LANGUAGE_PLACEHOLDER in need.skill:
            return True
        return bool(self._agents.levels(need.skill).any())

    async def _skills(self) -> set[str]:
        async with self._reading:
            if not 0 <= self._clock.now_ms() - self._read_ms < _FRESH_MS:
                self._stored = await self._source.stored_skills()
                self._read_ms = self._clock.now_ms()
        return self._stored


def unknown_skills(needs: Sequence[SkillNeed], missing: Sequence[int]) -> DomainError:
    """The refusal of a contact, naming each need that nobody meets."""
    violations = tuple(
        FieldViolation(
            f"contact.skills[{index}].skill",
            f"no agent has the skill {needs[index].skill}",
            UNKNOWN_SKILL,
        )
        for index in missing
    )
    first = violations[0]
    return DomainError(
        kind=ErrorKind.INVALID,
        reason=UNKNOWN_SKILL,
        message=f"{first.field}: {first.description}",
        violations=violations,
    )
