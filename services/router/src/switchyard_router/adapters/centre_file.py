"""A centre described in YAML, checked before anything is drawn."""

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from switchyard_router.domain.evaluation.centre import (
    DAY_HOURS,
    MOST_CALLS,
    Answering,
    Centre,
    Group,
    Kind,
)
from switchyard_router.domain.plans import ANYONE, Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.skills import HIGHEST_LEVEL, LOWEST_LEVEL, SkillNeed

_MOST_STEPS = 20
_DAY_SECONDS = 86_400

_Share = Annotated[float, Field(ge=0, le=10)]
_Hour = Annotated[float, Field(ge=0, le=DAY_HOURS)]
_Fraction = Annotated[float, Field(ge=0, le=1)]
_Seconds = Annotated[float, Field(ge=0, le=_DAY_SECONDS)]
_Level = Annotated[int, Field(ge=LOWEST_LEVEL, le=HIGHEST_LEVEL)]


class CentreRefused(Exception):
    """The file describes no centre; the text names file, field and fix."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Step(_Part):
    needs: dict[str, _Level] = Field(default_factory=dict)
    seconds: Annotated[float, Field(gt=0, le=_DAY_SECONDS)] | None = None
    ahead_seconds: Annotated[int, Field(ge=0, le=_DAY_SECONDS)] = 0

    def step(self) -> Step:
        return Step(
            needs=tuple(SkillNeed(skill, level) for skill, level in self.needs.items()),
            expires_after_ms=None if self.seconds is None else round(self.seconds * 1000),
            priority_delta=self.ahead_seconds,
        )


class _Plan(_Part):
    steps: list[_Step] = Field(min_length=1, max_length=_MOST_STEPS)
    overflow: str | None = None

    @model_validator(mode="after")
    def _leads_on(self) -> Self:
        last = len(self.steps) - (0 if self.overflow else 1)
        for number, step in enumerate(self.steps[:last]):
            if step.seconds is None:
                raise ValueError(
                    f"steps.{number}.seconds: say how long the step lasts, or nothing comes after"
                )
        return self

    def plan(self, name: str) -> Plan:
        overflow = Target(TargetKind.QUEUE, self.overflow) if self.overflow else None
        return Plan(name, 1, tuple(step.step() for step in self.steps), overflow)


class _Kind(_Part):
    name: str = Field(min_length=1)
    calls_per_hour: Annotated[float, Field(ge=0)] | list[Annotated[float, Field(ge=0)]]
    handle_seconds: Annotated[float, Field(gt=0)]
    variation: _Share = 1.0
    patience_seconds: Annotated[float, Field(gt=0)] | None = None
    wrap_up_seconds: _Seconds | None = None
    plan: _Plan | None = None

    @model_validator(mode="after")
    def _a_day(self) -> Self:
        if isinstance(self.calls_per_hour, list) and len(self.calls_per_hour) != DAY_HOURS:
            raise ValueError("calls_per_hour: give one number, or 24, one for each hour of the day")
        return self

    def kind(self) -> Kind:
        hourly = self.calls_per_hour
        whole = hourly if isinstance(hourly, list) else [hourly] * DAY_HOURS
        return Kind(
            self.name, tuple(whole), self.handle_seconds, self.variation, self.patience_seconds,
            self.wrap_up_seconds, self.plan.plan(self.name) if self.plan else ANYONE,
        )  # fmt: skip


class _Group(_Part):
    name: str = Field(min_length=1)
    agents: Annotated[int, Field(ge=1, le=5000)]
    serves: list[str] = Field(min_length=1)
    pace: Annotated[float, Field(gt=0, le=10)] = 1.0
    begins_hour: _Hour = 0.0
    ends_hour: _Hour = float(DAY_HOURS)
    skills: dict[str, _Level] = Field(default_factory=dict)
    breaks: list[tuple[_Hour, _Hour]] = Field(default_factory=list)
    declines: _Fraction = 0.0
    misses: _Fraction = 0.0
    pauses: _Fraction = 0.0
    pause_seconds: _Seconds = 0.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_hour <= self.begins_hour:
            raise ValueError("ends_hour: must be after begins_hour; split a night in two groups")
        end = self.begins_hour
        for off, on in sorted(self.breaks):
            if not end <= off < on <= self.ends_hour:
                raise ValueError(
                    f"breaks: {off:g} to {on:g} must lie inside the working time, after the break"
                    " before"
                )
            end = on
        if self.declines + self.misses >= 1:
            raise ValueError("declines, misses: together less than 1, or nobody ever answers")
        return self

    def group(self) -> Group:
        return Group(
            self.name, self.agents, tuple(self.serves), self.pace, self.begins_hour, self.ends_hour,
            self.skills, tuple(self.breaks), self.declines, self.misses, self.pauses,
            self.pause_seconds,
        )  # fmt: skip


class _Answering(_Part):
    answer_seconds: _Seconds = 0.0
    ring_seconds: Annotated[float, Field(gt=0, le=600)] = 20.0
    rona_limit: Annotated[int, Field(ge=1, le=100)] = 1
    not_ready_seconds: _Seconds = 60.0

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.answer_seconds >= self.ring_seconds:
            raise ValueError("answer_seconds: must be less than ring_seconds")
        return self

    def answering(self) -> Answering:
        return Answering(
            self.answer_seconds, self.ring_seconds, self.rona_limit, self.not_ready_seconds
        )


class _Centre(_Part):
    kinds: list[_Kind] = Field(min_length=1)
    groups: list[_Group] = Field(min_length=1)
    days: Annotated[int, Field(ge=1, le=3660)] = 1
    answering: _Answering = _Answering()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [kind.name for kind in self.kinds]
        for what, each in (("kinds", names), ("groups", [group.name for group in self.groups])):
            if len(set(each)) != len(each) or "all" in each:
                raise ValueError(f"{what}: names must differ, and none may be 'all'")
        for group in self.groups:
            for name in group.serves:
                if name not in names:
                    raise ValueError(
                        f"groups: {group.name} serves {name!r}, which is no kind; "
                        f"there are {', '.join(names)}"
                    )
        self._check_plans(names)
        calls = sum(sum(kind.kind().hourly) for kind in self.kinds) * self.days
        if calls > MOST_CALLS:
            raise ValueError(
                f"days: {calls:,.0f} calls in one drawing are more than {MOST_CALLS:,}; "
                "play fewer days and more replications"
            )
        return self

    def _check_plans(self, names: list[str]) -> None:
        skills = {skill for group in self.groups for skill in group.skills}
        for number, kind in enumerate(self.kinds):
            if kind.plan is None:
                continue
            where = f"kinds.{number}.plan"
            others = [name for name in names if name != kind.name]
            if kind.plan.overflow not in (None, *others):
                raise ValueError(f"{where}.overflow: {kind.plan.overflow!r} is no other kind")
            for place, step in enumerate(kind.plan.steps):
                for skill in sorted(set(step.needs) - skills):
                    raise ValueError(
                        f"{where}.steps.{place}.needs: nobody has the skill {skill!r};"
                        " give it to a group"
                    )

    def centre(self) -> Centre:
        return Centre(
            kinds=tuple(each.kind() for each in self.kinds),
            groups=tuple(each.group() for each in self.groups),
            days=self.days,
            answering=self.answering.answering(),
        )


def read_centre(path: Path) -> Centre:
    """Read and check a file. Raises CentreRefused."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CentreRefused(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CentreRefused(f"{path}: is no YAML in UTF-8: {error}") from error
    try:
        checked = _Centre.model_validate(content)
    except ValidationError as error:
        raise CentreRefused(f"{path}: {_told(error)}") from error
    return checked.centre()


def _told(error: ValidationError) -> str:
    lines = []
    for each in error.errors():
        where = ".".join(str(part) for part in each["loc"])
        text = each["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {text}" if where else text)
    return "; ".join(lines)
