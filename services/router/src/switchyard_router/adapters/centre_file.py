"""A centre described in YAML, checked before anything is drawn."""

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from switchyard_router.domain.evaluation.centre import DAY_HOURS, Centre, Group, Kind

_MOST_CALLS = 5_000_000

_Share = Annotated[float, Field(ge=0, le=10)]
_Hour = Annotated[float, Field(ge=0, le=DAY_HOURS)]


class CentreRefused(Exception):
    """The file describes no centre; the text names file, field and fix."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Kind(_Part):
    name: str = Field(min_length=1)
    calls_per_hour: Annotated[float, Field(ge=0)] | list[Annotated[float, Field(ge=0)]]
    handle_seconds: Annotated[float, Field(gt=0)]
    variation: _Share = 1.0
    patience_seconds: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _a_day(self) -> Self:
        if isinstance(self.calls_per_hour, list) and len(self.calls_per_hour) != DAY_HOURS:
            raise ValueError("calls_per_hour: give one number, or 24, one for each hour of the day")
        return self

    def kind(self) -> Kind:
        hourly = self.calls_per_hour
        whole = hourly if isinstance(hourly, list) else [hourly] * DAY_HOURS
        return Kind(
            self.name, tuple(whole), self.handle_seconds, self.variation, self.patience_seconds
        )


class _Group(_Part):
    name: str = Field(min_length=1)
    agents: Annotated[int, Field(ge=1, le=5000)]
    serves: list[str] = Field(min_length=1)
    pace: Annotated[float, Field(gt=0, le=10)] = 1.0
    begins_hour: _Hour = 0.0
    ends_hour: _Hour = float(DAY_HOURS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_hour <= self.begins_hour:
            raise ValueError("ends_hour: must be after begins_hour; split a night in two groups")
        return self


class _Centre(_Part):
    kinds: list[_Kind] = Field(min_length=1)
    groups: list[_Group] = Field(min_length=1)
    days: Annotated[int, Field(ge=1, le=3660)] = 1

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
        calls = sum(sum(kind.kind().hourly) for kind in self.kinds) * self.days
        if calls > _MOST_CALLS:
            raise ValueError(
                f"days: {calls:,.0f} calls in one drawing are more than {_MOST_CALLS:,}; "
                "play fewer days and more replications"
            )
        return self


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
    return Centre(
        kinds=tuple(each.kind() for each in checked.kinds),
        groups=tuple(
            Group(
                each.name, each.agents, tuple(each.serves), each.pace, each.begins_hour,
                each.ends_hour,
            )
            for each in checked.groups
        ),
        days=checked.days,
    )  # fmt: skip


def _told(error: ValidationError) -> str:
    lines = []
    for each in error.errors():
        where = ".".join(str(part) for part in each["loc"])
        text = each["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {text}" if where else text)
    return "; ".join(lines)
