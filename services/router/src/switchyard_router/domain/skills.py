"""What a contact needs from an agent."""

from dataclasses import dataclass

LANGUAGE_PLACEHOLDER = "{language}"
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 10


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill with the levels that serve. `preferred` ones exclude nobody."""

    skill: str
    min_level: int = LOWEST_LEVEL
    max_level: int = HIGHEST_LEVEL
    preferred: bool = False

    def for_language(self, language: str) -> "SkillNeed | None":
        """The need with `{language}` filled in; None when it asks for a language nobody named."""
        if LANGUAGE_PLACEHOLDER not in self.skill:
            return self
        if not language:
            return None
        primary = language.split("-")[0].lower()
        skill = self.skill.replace(LANGUAGE_PLACEHOLDER, primary)
        return SkillNeed(skill, self.min_level, self.max_level, self.preferred)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: who may answer, for how long from entering it (None: for ever)."""

    needs: tuple[SkillNeed, ...] = ()
    expires_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered steps; a contact that waited past the last step's time stays in the last step."""

    id: str
    version: int
    steps: tuple[Step, ...]

    def step_at(self, waited_seconds: float) -> int:
        """Index of the step in force after waiting so long."""
        entered = 0.0
        for index, step in enumerate(self.steps):
            if (
                step.expires_after_seconds is None
                or waited_seconds < entered + step.expires_after_seconds
            ):
                return index
            entered += step.expires_after_seconds
        return len(self.steps) - 1

    def next_change(self, waited_seconds: float) -> float | None:
        """Seconds waited at which the step changes next; None when it does not any more."""
        entered = 0.0
        for step in self.steps[:-1]:
            if step.expires_after_seconds is None:
                return None
            entered += step.expires_after_seconds
            if waited_seconds < entered:
                return entered
        return None


ANYONE = Plan(id="", version=0, steps=(Step(),))
"""The plan of a queue that names none."""
