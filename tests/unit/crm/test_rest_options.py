"""What an operator may write about a CRM of their own, and how they are told what is wrong."""

import copy
from pathlib import Path
from typing import Any

import pytest
from switchyard_crm.adapters.connectors.mapping import BadFile, validated
from switchyard_crm.adapters.connectors.rest_options import RestOptions
from switchyard_crm.adapters.connectors.settings import read_connectors

pytestmark = pytest.mark.unit

FILE = "crms.yaml: connectors[0].options"
EXAMPLE = Path(__file__).parents[3] / "services/crm_adapter/examples/pinedesk/connectors.yaml"
LEAST: dict[str, Any] = {"auth": {"kind": "none"}, "operations": {"health": {"path": "ping"}}}
NOTE = {"method": "POST", "path": "c/{{ id }}", "body": {"text": "{{ summary }}"}}


def changed(place: str, value: Any) -> dict[str, Any]:
    """The least description with something at a place."""
    document = copy.deepcopy(LEAST)
    *steps, last = place.split(".")
    inner = document
    for step in steps:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return document


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(BadFile) as caught:
        validated(RestOptions, document, FILE)
    return str(caught.value)


def test_the_least_is_health() -> None:
    options = validated(RestOptions, LEAST, FILE)
    assert options.operations.health.path == "ping"
    assert refused({"auth": {"kind": "none"}, "operations": {}}) == (
        f"{FILE}: operations.health: is missing"
    )


def test_the_example_describes_everything() -> None:
    read = read_connectors(EXAMPLE)
    options = validated(RestOptions, read.connectors[0].options, FILE)
    undescribed = [name for name, value in options.operations if value is None]
    assert undescribed == []


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("operations.find", {}, "operations.find: give phone, email or handle"),
        (
            "operations.find",
            {"phone": {"path": "c", "query": {"tel": "{{ fone }}"}}},
            "operations.find.phone: query.tel: there is no fone here; "
            "there are digits, limit, national, phone",
        ),
        ("operations.get", {"path": "c/{{ id"}, "operations.get: path: is no template"),
        (
            "operations.get",
            {"path": "https://elsewhere.example/{{ id }}"},
            "operations.get: path: write a path below the connector's url",
        ),
        (
            "operations.get",
            {"path": "c", "list": "a..b"},
            "operations.get.list: the path cannot be read from '..b' on",
        ),
        (
            "operations.get",
            {"path": "c", "body": {"a": 1}, "form": {"b": "c"}},
            "operations.get: give body or form",
        ),
        ("operations.get", {"path": "c", "verb": "GET"}, "operations.get.verb: there is no such"),
        ("operations.health", {"path": "c", "method": "FETCH"}, "operations.health.method: input"),
        (
            "operations.log_interaction",
            {**NOTE, "idempotent": True},
            "operations.log_interaction: send the key",
        ),
        (
            "operations.log_interaction",
            {**NOTE, "headers": {"Idempotency-Key": "{{ key }}"}},
            "operations.log_interaction: give lookup, or idempotent: true",
        ),
        (
            "operations.log_interaction",
            {
                **NOTE,
                "headers": {"Idempotency-Key": "{{ key }}"},
                "idempotent": True,
                "lookup": {"path": "c", "key_path": "ref"},
            },
            "operations.log_interaction: give lookup, or idempotent: true",
        ),
        (
            "operations.log_interaction",
            {**NOTE, "method": "GET", "headers": {"K": "{{ key }}"}, "idempotent": True},
            "operations.log_interaction: method: a write is no GET",
        ),
        (
            "operations.timeline",
            {"path": "c", "paging": {"kind": "page"}},
            "operations.timeline.paging: param: name the parameter",
        ),
        (
            "operations.timeline",
            {"path": "c", "paging": {"kind": "cursor", "param": "after"}},
            "operations.timeline.paging: path: say where the next cursor stands",
        ),
        (
            "operations.timeline",
            {"path": "c", "paging": {"kind": "link", "param": "x"}},
            "operations.timeline.paging: param: name the parameter",
        ),
        ("auth", {"kind": "header"}, "auth: header: give the name of the header"),
        ("auth", {"kind": "basic", "header": "X"}, "auth: header: give the name of the header"),
        ("auth", {"kind": "header", "header": "X: y\r\nZ"}, "auth.header: string should match"),
        ("envelope", {"path": "code"}, "envelope.ok: is missing"),
    ],
)
def test_says_which_field_of_which_file_is_wrong_and_why(place: str, value: Any, told: str) -> None:
    assert f"{FILE}: {told}" in refused(changed(place, value))


def test_numbers_and_truths_of_yaml_are_texts() -> None:
    document = changed("operations.get", {"path": "c", "query": {"page": 1, "all": True}})
    request = validated(RestOptions, document, FILE).operations.get
    assert request is not None
    assert request.rendered({"id": "1", "limit": 1}).query == {"page": ["1"], "all": ["true"]}


def test_a_parameter_without_a_value_is_left_out() -> None:
    document = changed("operations.get", {"path": "c", "query": {"a": ["{{ id }}", "x"]}})
    request = validated(RestOptions, document, FILE).operations.get
    assert request is not None
    assert request.rendered({"id": "", "limit": 1}).query == {"a": ["x"]}
