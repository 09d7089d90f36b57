"""Templates of the connector `rest`: whatever a value holds, it stays a value."""

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from switchyard_crm.adapters.connectors.rest_templates import (
    BadTemplate,
    body_template,
    path_template,
    text_template,
    variables_of,
)
from switchyard_crm.service.connectors import Invalid

pytestmark = pytest.mark.unit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS)
def test_a_value_in_a_path_is_one_segment(value: str) -> None:
    assume(value not in (".", ".."))
    rendered = path_template("customers/{{ id }}/notes", {"id"}).render({"id": value})
    assert rendered.count("/") == 2
    assert not set(rendered) & set("?#\\ \r\n")
    assert unquote(rendered.split("/")[1]) == value


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_lead_elsewhere_is_invalid(value: str) -> None:
    with pytest.raises(Invalid):
        path_template("customers/{{ id }}", {"id"}).render({"id": value})


@given(TEXTS)
def test_a_value_in_a_body_is_one_value(value: str) -> None:
    template = body_template(
        {"alone": "{{ x }}", "within": "say {{ x }}!", "deep": [{"x": "{{ x }}"}]}, {"x"}
    )
    assert template.render({"x": value}) == {
        "alone": value,
        "within": f"say {value}!",
        "deep": [{"x": value}],
    }


@given(TEXTS)
def test_a_value_is_not_a_template_itself(value: str) -> None:
    assert text_template("{{ x }}", {"x"}).render({"x": "{{ 7 * 7 }}" + value}) == (
        "{{ 7 * 7 }}" + value
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ limit }}", 20),
        ("{{ limit * 2 }}", 40),
        ("{{ [limit, key] }}", [20, "k"]),
        ("{{ {'a': key} }}", {"a": "k"}),
        ("{{ limit > 3 }}", True),
        ("{{ limit }}!", "20!"),
        ("{{ limit }}{{ key }}", "20k"),
        ("{% if limit %}yes{% endif %}", "yes"),
        ("plain", "plain"),
    ],
)
def test_a_single_expression_keeps_its_type(template: str, expected: object) -> None:
    rendered = body_template({"x": template}, {"limit", "key"}).render({"limit": 20, "key": "k"})
    assert rendered == {"x": expected}


def test_null_leaves_a_field_out() -> None:
    template = body_template({"a": "{{ x or none }}", "b": "{{ x }}"}, {"x"})
    assert template.render({"x": ""}) == {"b": ""}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{{ fone }}", "there is no fone here; there are key, phone"),
        ("{{ phone", "is no template"),
        ("{{ phone | nofilter }}", "is no template"),
        ({"a": {"b": ["{{ fone }}"]}}, r"a: b: \[0\]: there is no fone"),
        ({"a": object()}, "a: holds something that JSON has not"),
    ],
)
def test_a_bad_template_says_where_and_why(document: Any, told: str) -> None:
    with pytest.raises(BadTemplate, match=told):
        body_template(document, {"phone", "key"})


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x", "a?b=1", "a#b"])
def test_a_path_stays_below_the_address(path: str) -> None:
    with pytest.raises(BadTemplate, match="below the connector's url"):
        path_template(path, set())


@pytest.mark.parametrize(
    "template",
    [
        "{{ x.__class__.__mro__ }}",
        "{{ x.__class__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ x | attr('__class__') }}",
        "{{ range(10 ** 9) | list }}",
        "{{ 1 / 0 }}",
        "{{ x + 1 }}",
    ],
)
def test_what_the_sandbox_forbids_or_cannot_do_is_invalid(template: str) -> None:
    compiled = text_template(template, {"x"})
    with pytest.raises(Invalid) as caught:
        compiled.render({"x": "secret"})
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_tells_the_names_that_are_used() -> None:
    assert variables_of({"a": ["{{ key }}", {"b": "{{ x }} {{ y }}"}], "key2": 1}) == {
        "key",
        "x",
        "y",
    }
