"""Mappings that are included, and those of the user."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from switchyard_insights.adapters.importing.mapping_document import read_mapping
from switchyard_insights.adapters.importing.yaml_entry import Entry, MappingRefused
from switchyard_insights.domain.importing.mapping import LogMapping, Targets

_INCLUDED = files("switchyard_insights.adapters.importing").joinpath("mappings")
_SUFFIX = ".yaml"


def included() -> list[str]:
    """Names of the mappings that come with this package."""
    return sorted(each.name.removesuffix(_SUFFIX) for each in _INCLUDED.iterdir())


def load_mapping(
    given: str, tables: Mapping[str, Targets], time_zone: str | None = None
) -> tuple[LogMapping, Mapping[str, Entry]]:
    """An included mapping by name, or a file; and where it first speaks of each column of the log.

    `time_zone` goes before the mapping's own. Raises MappingRefused.
    """
    if given in included():
        text, file = _INCLUDED.joinpath(given + _SUFFIX).read_text("utf-8"), given
    else:
        text, file = _text(Path(given)), given
    mapping, sources = read_mapping(text, file, tables)
    if time_zone is None:
        return mapping, sources
    try:
        return replace(mapping, time_zone=ZoneInfo(time_zone).key), sources
    except (KeyError, ValueError, OSError):
        raise MappingRefused(
            f"--time-zone: {time_zone!r} is no time zone. Write for instance Asia/Shanghai"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingRefused(
            f"--map: cannot read {path} ({error}). Give a YAML file, or one of the included"
            f" mappings: {', '.join(included())}"
        ) from None
