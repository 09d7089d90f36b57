"""Paths into a CRM's JSON."""

from typing import Any

import pytest
from switchyard_crm.adapters.connectors.paths import BadPath, parse_path

pytestmark = pytest.mark.unit

DOCUMENT = {
    "name": "王芳",
    "owner": [7, "Li Lei"],
    "properties": {"email": "a@example.com", "vip": True, "none": None},
    "contacts": [
        {"type": "phone", "value": "1"},
        {"type": "email", "value": "2"},
        {"type": "mobile", "value": "3"},
        "no object",
    ],
    "nested": [[{"x": 1}], [{"x": 2}, {"y": 3}]],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", ["王芳"]),
        ("properties.email", ["a@example.com"]),
        ("properties.none", [None]),
        ("owner[1]", ["Li Lei"]),
        ("owner[9]", []),
        ("contacts[].value", ["1", "2", "3"]),
        ("contacts[type=phone|mobile].value", ["1", "3"]),
        ("contacts[type=fax].value", []),
        ("nested[][].x", [1, 2]),
        ("missing.deeper[].x", []),
        ("name.deeper", []),
        ("name[]", []),
    ],
)
def test_leads_to_everything_there(path: str, found: list[Any]) -> None:
    assert parse_path(path).all(DOCUMENT) == found


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a[b", "[]", "[0].a", "a]", "a.", "a[=x]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)


def test_tells_what_it_reads() -> None:
    path = parse_path("contacts[type=phone].value")
    assert path.root == "contacts"
    assert set(path.fields) == {"contacts.value", "contacts.type"}
