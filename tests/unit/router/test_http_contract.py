"""Every RPC has one HTTP route or a reason why not, one rule, and a place in the OpenAPI."""

import re
from pathlib import Path
from typing import Any

import pytest
from switchyard_common.identity import Role
from switchyard_router.entrypoints.access import rules
from switchyard_router.entrypoints.http.contract import find_method, services
from switchyard_router.entrypoints.http.openapi import openapi
from switchyard_router.entrypoints.http.page import page
from switchyard_router.entrypoints.http.routes import PACKAGE, ROUTES, STREAM_ONLY

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
RULES = rules(None)  # type: ignore[arg-type]  # nobody asks whose anything is
DOCUMENT = openapi(RULES)
RPCS = {f"{service.name}/{method.name}" for service in services() for method in service.methods}


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if "$ref" in part else set()
        return own.union(*(references(each) for each in part.values()))
    if isinstance(part, list):
        return set().union(*(references(each) for each in part))
    return set()


def test_every_rpc_has_one_route_or_says_why_not() -> None:
    routed = [route.rpc for route in ROUTES]
    assert len(routed) == len(set(routed))
    assert set(routed) | set(STREAM_ONLY) == RPCS
    assert set(routed) & set(STREAM_ONLY) == set()


def test_only_streams_both_ways_have_no_route() -> None:
    both_ways = {
        f"{service.name}/{method.name}"
        for service in services()
        for method in service.methods
        if method.client_streaming
    }
    assert set(STREAM_ONLY) == both_ways


def test_no_two_routes_take_the_same_request() -> None:
    taken = [(route.verb, re.sub(r"{\w+}", "{}", route.path)) for route in ROUTES]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.rpc)
def test_a_routes_parameters_fill_fields_of_its_request(route: Any) -> None:
    message: Any = find_method(route).input_type
    used = "".join(route.bind.values())
    for name in re.findall(r"{(\w+)}", route.path):
        assert f"{{{name}}}" in used
    for path in route.bind:
        *parents, last = path.split(".")
        holder = message
        for part in parents:
            holder = holder.fields_by_name[part].message_type
        field = holder.fields_by_name[last]
        assert field.type == field.TYPE_STRING
    reads = route.method.startswith(("Get", "List", "Watch", "Stream"))
    assert (route.verb == "GET") is reads, "GET changes nothing, and what changes is no GET"


def test_every_rpc_has_a_rule_and_every_rule_an_rpc() -> None:
    assert set(RULES) == {f"/{PACKAGE}.{rpc}" for rpc in RPCS}
    assert all(rule.roles for rule in RULES.values())
    for name, rule in RULES.items():
        assert rule.roles[-1] is Role.AGENT or Role.AGENT not in rule.roles, name
        if Role.AGENT in rule.roles:
            assert rule.examine is not None, f"{name}: an agent acts only as itself"


def test_the_openapi_is_whole() -> None:
    operations = [each for verbs in DOCUMENT["paths"].values() for each in verbs.values()]
    assert {operation["x-rpc"] for operation in operations} == {r.full_method for r in ROUTES}
    named = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) <= named
    for rpc, why in STREAM_ONLY.items():
        assert rpc in DOCUMENT["info"]["description"]
        assert why in DOCUMENT["info"]["description"]


def test_the_openapi_tells_what_everything_means() -> None:
    for verbs in DOCUMENT["paths"].values():
        for operation in verbs.values():
            assert operation["description"], operation["operationId"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema["description"], name
        for field, described in schema.get("properties", {}).items():
            assert described["description"], f"{name}.{field}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_lists_every_operation_and_asks_nobody_else(language: str) -> None:
    text = page(DOCUMENT, language)
    assert f'<html lang="{language}' in text
    for route in ROUTES:
        assert f"<code>{route.path}</code>" in text
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
