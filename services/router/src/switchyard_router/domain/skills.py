"""What a contact needs from an agent."""

from dataclasses import dataclass, replace

LANGUAGE_PLACEHOLDER = "{language}"
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 10


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill with the levels that serve. `preferred` ones exclude nobody."""

    skill: str
    min_level: int = LOWEST_LEVEL
    max_level: int = HIGHEST_LEVEL
    preferred: bool = False
    weight: float = 0.0
    """How much the level counts in the score, in seconds per level."""

    def for_language(self, language: str) -> "SkillNeed | None":
        """The need with `{language}` filled in; None when it asks for a language nobody named."""
        if LANGUAGE_PLACEHOLDER not in self.skill:
            return self
        if not language:
            return None
        primary = language.split("-")[0].lower()
        skill = self.skill.replace(LANGUAGE_PLACEHOLDER, primary)
        return replace(self, skill=skill)
