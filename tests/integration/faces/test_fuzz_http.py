"""Schemathesis sends what the OpenAPI allows and what it does not: answers are those it tells."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from switchyard_common.embedded import EmbeddedValkey, send_inline
from switchyard_router.entrypoints.access import rules
from switchyard_router.entrypoints.http.contract import find_method
from switchyard_router.entrypoints.http.openapi import openapi
from switchyard_router.entrypoints.http.routes import ROUTES

from tests.fakes.router.fuzz import EXAMPLES, Bearing, bearing

pytestmark = pytest.mark.integration

DOCUMENT = openapi(rules(None))  # type: ignore[arg-type]  # nobody asks whose anything is
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
MADE: list[Any] = list(SCHEMA.get_all_operations())
OPERATIONS = {made.ok().label: made.ok() for made in MADE}
STREAMS = {f"{r.verb} {r.path}" for r in ROUTES if find_method(r).server_streaming}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
_PATIENCE_SECONDS = 20.0

patient = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def fuzzed(valkey_server: EmbeddedValkey) -> Iterator[Bearing]:
    send_inline("127.0.0.1", valkey_server.port, "FLUSHALL", seconds=120)
    with bearing(valkey_server.url) as made:
        yield made


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def cases(label: str) -> st.SearchStrategy[Any]:
    """Requests that fit the document, and such that do not."""
    operation: Any = OPERATIONS[label]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))


def no_breakdown(answer: Any) -> None:
    """Below 500, but for what is said not to be built."""
    if answer.status_code >= 500:
        problem = answer.json()
        if (problem["code"], problem["reason"]) != ("UNIMPLEMENTED", "NOT_BUILT"):
            pytest.fail(f"{answer.status_code}: {problem}")


@pytest.mark.parametrize("label", sorted(set(OPERATIONS) - STREAMS))
def test_any_request_gets_an_answer_of_the_document(
    fuzzed: Bearing, session: requests.Session, label: str
) -> None:
    @patient
    @given(cases(label))
    def bears(case: Any) -> None:
        answer = case.call(fuzzed.http, session=session, timeout=_PATIENCE_SECONDS)
        no_breakdown(answer)
        case.validate_response(answer, checks=CHECKS)

    bears()
    fuzzed.unharmed()


@pytest.mark.parametrize("label", sorted(STREAMS))
def test_any_request_opens_a_stream_or_is_refused(
    fuzzed: Bearing, session: requests.Session, label: str
) -> None:
    @patient
    @given(cases(label))
    def bears(case: Any) -> None:
        wanted = case.as_transport_kwargs(fuzzed.http)
        with session.request(**wanted, stream=True, timeout=_PATIENCE_SECONDS) as answer:
            if answer.status_code == 200:
                assert answer.headers["content-type"] == "application/x-ndjson"
                return
            no_breakdown(answer)
            assert set(answer.json()) >= {"code", "reason", "message", "violations"}

    bears()
    fuzzed.unharmed()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.has_body], ids=lambda route: route.rpc)
def test_any_json_gets_a_precise_answer(
    fuzzed: Bearing, session: requests.Session, route: Any
) -> None:
    """Right names and wrong values: what no document describes."""
    message: Any = find_method(route).input_type
    names = st.sampled_from([field.json_name for field in message.fields])
    path = route.path.replace("{", "").replace("}", "")

    @patient
    @given(st.dictionaries(names, json_values, max_size=4), st.binary(max_size=4))
    def bears(document: dict[str, Any], noise: bytes) -> None:
        body = json.dumps(document).encode() + noise
        answer = session.request(
            route.verb,
            f"{fuzzed.http}{path}",
            data=body,
            headers={"content-type": "application/json"},
            timeout=_PATIENCE_SECONDS,
            stream=True,
        )
        with answer:
            if answer.status_code != 200:
                no_breakdown(answer)
                assert answer.json()["reason"]

    bears()
