"""What a query asks for, as far as a test needs to know."""

import re
from collections.abc import Mapping

_SERIES = re.compile(
    r"\b(switchyard[a-z0-9_:]+|(?:process|python|kube|certmanager)_[a-z_]+|up|ALERTS)\b"
)
_MATCHED = re.compile(r"([a-z_]+)(?:=~|!~|!=|=)\"")
_GROUPED = re.compile(r"(?:by|on) ?\(([^)]*)\)")


def assert_exported(query: str, series: Mapping[str, frozenset[str]]) -> None:
    """Every series and label that a query names exists; labels are those of all its series."""
    names = _SERIES.findall(re.sub(r"\"[^\"]*\"", '""', query))
    assert names, query
    for name in names:
        assert name in series, f"{name} is exported by nobody: {query}"
    anywhere = frozenset[str]().union(*(series[name] for name in names)) | {
        "instance",
        "job",
        "process",
    }
    for label in labels(query):
        assert label in anywhere, f"{label}: {query}"


def labels(query: str) -> set[str]:
    """Labels that a query matches or groups by."""
    grouped = {part.strip() for by in _GROUPED.findall(query) for part in by.split(",")}
    return (grouped | set(_MATCHED.findall(query))) - {""}
