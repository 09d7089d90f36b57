"""The HTTP face: each route is its RPC, read strictly, with the same errors."""

import asyncio
import json
from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio
from switchyard.router.v1 import agent_pb2
from switchyard_common.http_patience import PatientProtocol
from switchyard_router.entrypoints.http import face

from tests.fakes.ports import free_port
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.process import serving
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

QUEUE = "tenants/demo/queues/billing"


@pytest_asyncio.fixture
async def both(redis_url: str) -> AsyncGenerator[tuple[Centre, httpx.AsyncClient]]:
    port = free_port()
    async with (
        router(redis_url, http_port=port) as target,
        centre(target) as clients,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http,
    ):
        await clients.queue()
        yield clients, http


@pytest.fixture
def small(both: tuple[Centre, httpx.AsyncClient]) -> Centre:
    return both[0]


@pytest.fixture
def http(both: tuple[Centre, httpx.AsyncClient]) -> httpx.AsyncClient:
    return both[1]


def wish(external_id: str = "call-1", **fields: object) -> dict[str, object]:
    return {"contact": {"externalId": external_id, "channel": "VOICE", "queue": QUEUE, **fields}}


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()
    assert set(problem) == {"code", "reason", "message", "violations", "retry_after"}
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, problem["code"], problem["reason"]


async def test_a_contact_goes_its_way_over_http(small: Centre, http: httpx.AsyncClient) -> None:
    created = await http.post("/v1/contacts", json=wish(priority=2))
    assert created.status_code == 200, created.text
    name = created.json()["name"]
    assert (await small.contact(name)).priority == 2
    path = f"/v1/contacts/{name.rpartition('/')[2]}"
    assert (await http.get(path)).json()["externalId"] == "call-1"
    ended = await http.post(f"{path}:cancel", json={"reason": "TEST"})
    assert (ended.json()["state"], ended.json()["reason"]) == ("CANCELLED", "TEST")


async def test_a_retry_over_the_other_face_is_the_same_request(
    small: Centre, http: httpx.AsyncClient
) -> None:
    first = await http.post("/v1/contacts", json={**wish(), "requestId": "r1", "parent": ""})
    again = await http.post("/v1/contacts", json={**wish(), "requestId": "r1"})
    other = await http.post("/v1/contacts", json={**wish("call-2"), "requestId": "r1"})
    assert first.json()["name"] == again.json()["name"]
    assert refusal(other) == (400, "INVALID_ARGUMENT", "REQUEST_ID_REUSED")


async def test_an_unknown_field_is_named_wherever_it_stands(http: httpx.AsyncClient) -> None:
    need = {"skill": "billing", "minLevl": 3}
    answer = await http.post("/v1/contacts", json={**wish(skills=[need]), "colour": "red"})
    assert refusal(answer) == (400, "INVALID_ARGUMENT", "UNKNOWN_FIELD")
    fields = [violation["field"] for violation in answer.json()["violations"]]
    assert fields == ["contact.skills[0].minLevl", "colour"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "MALFORMED_REQUEST"),
        (b"[]", "MALFORMED_REQUEST"),
        (b'{"contact": 5}', "MALFORMED_REQUEST"),
        (b'{"contact": {"channel": "SMOKE"}}', "MALFORMED_REQUEST"),
        (b'{"contact": {"priority": 1e40}}', "MALFORMED_REQUEST"),
        (b'{"contact": {"ageCredit": "-3 days"}}', "MALFORMED_REQUEST"),
        (b'{"contact": {"externalId": "\\ud800"}}', "MALFORMED_REQUEST"),
        (b'{"contact": ' * 5000 + b"1" + b"}" * 5000, "MALFORMED_REQUEST"),
        (b'{"parent": "tenants/other"}', "BAD_NAME"),
        (b'{"contact": {"channel": 99}}', "BAD_FIELD"),
    ],
)
async def test_what_cannot_be_read_is_the_callers_fault(
    http: httpx.AsyncClient, body: bytes, reason: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await http.post("/v1/contacts", content=body, headers=headers)
    assert refusal(answer) == (400, "INVALID_ARGUMENT", reason)


async def test_the_path_names_the_contact_and_the_body_cannot_name_another(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post(
        "/v1/contacts/a:cancel", json={"name": "tenants/demo/contacts/b", "reason": "X"}
    )
    assert refusal(answer) == (400, "INVALID_ARGUMENT", "BAD_NAME")
    assert refusal(await http.get("/v1/contacts/a%20b")) == (400, "INVALID_ARGUMENT", "BAD_NAME")
    assert refusal(await http.get("/v1/contacts/nobody")) == (404, "NOT_FOUND", "CONTACT")


async def test_query_parameters_are_fields(small: Centre, http: httpx.AsyncClient) -> None:
    for agent in ("ann", "bob", "cat"):
        await small.agent(agent)
    page = (await http.get("/v1/agents", params={"pageSize": 2})).json()
    assert [agent["name"] for agent in page["agents"]] == [
        "tenants/demo/agents/ann",
        "tenants/demo/agents/bob",
    ]
    rest = await http.get("/v1/agents", params={"page_token": page["nextPageToken"]})
    assert [agent["name"] for agent in rest.json()["agents"]] == ["tenants/demo/agents/cat"]
    for params in ({"pageSize": "two"}, {"size": "2"}, [("filter", "a"), ("filter", "b")]):
        answer = await http.get("/v1/agents", params=params)  # type: ignore[arg-type]
        assert answer.status_code == 400, answer.text


async def test_an_agent_is_configured_and_takes_a_contact_without_a_desktop(
    small: Centre, http: httpx.AsyncClient
) -> None:
    agent = {"channelCapacity": {"VOICE": 1}, "queues": [QUEUE], "endpoint": "sip:ann@pbx"}
    stored = await http.put("/v1/agents/ann", json={"agent": agent})
    assert stored.json()["name"] == "tenants/demo/agents/ann", stored.text
    async with small.desktop("ann") as ann:
        contact = (await http.post("/v1/contacts", json=wish())).json()["name"]
        offer = await ann.offer(contact)
        path = f"/v1/offers/{offer.name.rpartition('/')[2]}"
        forged = await http.post(f"{path}:accept", json={"fence": str(offer.fence + 1)})
        assert refusal(forged) == (400, "FAILED_PRECONDITION", "STALE_FENCE")
        taken = await http.post(f"{path}:accept", json={"fence": str(offer.fence)})
        assert taken.json()["state"] == "ACCEPTED", taken.text
        assert await small.state(contact) == "ASSIGNED"


async def test_a_watch_streams_lines_until_the_contact_is_over(
    small: Centre, http: httpx.AsyncClient
) -> None:
    name = (await http.post("/v1/contacts", json=wish())).json()["name"]
    path = f"/v1/contacts/{name.rpartition('/')[2]}"
    states = []
    async with http.stream("GET", f"{path}:watch") as stream:
        assert stream.headers["content-type"] == "application/x-ndjson"
        async for line in stream.aiter_lines():
            states.append(json.loads(line)["result"]["contact"]["state"])
            if len(states) == 1:
                await http.post(f"{path}:cancel", json={})
    assert (states[0], states[-1]) == ("QUEUED", "CANCELLED")


async def test_a_stream_can_be_read_by_a_browser(http: httpx.AsyncClient) -> None:
    headers = {"accept": "text/event-stream"}
    params = {"interval": "0.5s"}
    async with http.stream("GET", "/v1/queueStats", headers=headers, params=params) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        async for line in stream.aiter_lines():
            assert json.loads(line.removeprefix("data: "))["result"]["queue"] == QUEUE
            break


async def test_a_silent_stream_shows_that_it_is_open(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/v1/events", timeout=60) as stream:
        assert stream.status_code == 200


async def test_a_stream_that_is_refused_is_an_ordinary_error(http: httpx.AsyncClient) -> None:
    assert refusal(await http.get("/v1/contacts/nobody:watch")) == (404, "NOT_FOUND", "CONTACT")
    answer = await http.get("/v1/events", params={"resumeToken": "x"})
    assert refusal(answer) == (400, "INVALID_ARGUMENT", "BAD_FIELD")


async def test_what_is_no_route_says_so(http: httpx.AsyncClient) -> None:
    assert refusal(await http.get("/v2/contacts")) == (404, "NOT_FOUND", "ROUTE")
    assert refusal(await http.put("/v1/contacts/a:cancel"))[0] == 405
    assert refusal(await http.request("TRACE", "/v1/rank"))[0] == 405
    large = await http.post("/v1/contacts", content=b" " * 1_100_000)
    assert refusal(large)[0] == 413
    assert refusal(await http.post("/v1/contacts", content=b"a=1"))[0] == 415


async def test_pages_of_other_sites_and_other_names_cannot_call(http: httpx.AsyncClient) -> None:
    foreign = await http.get("/v1/agents", headers={"origin": "https://evil.example"})
    assert refusal(foreign) == (403, "PERMISSION_DENIED", "ORIGIN")
    rebound = await http.get("/v1/agents", headers={"host": "evil.example"})
    assert refusal(rebound) == (403, "PERMISSION_DENIED", "HOST")
    own = str(http.base_url)
    assert (await http.get("/v1/agents", headers={"origin": own})).status_code == 200


async def test_a_number_without_json_form_is_not_an_accident(
    small: Centre, http: httpx.AsyncClient
) -> None:
    contact = await small.create("call-1", attributes={"weight": float("inf")})
    answer = await http.get(f"/v1/contacts/{contact.name.rpartition('/')[2]}")
    assert refusal(answer) == (400, "FAILED_PRECONDITION", "NOT_JSON")


async def test_what_a_full_queue_says_reaches_the_caller(
    small: Centre, http: httpx.AsyncClient
) -> None:
    await small.queue(max_size=1)
    await http.post("/v1/contacts", json=wish())
    answer = await http.post("/v1/contacts", json=wish("call-2"))
    assert refusal(answer) == (429, "RESOURCE_EXHAUSTED", "QUEUE_FULL")
    assert (answer.json()["retry_after"], answer.headers["retry-after"]) == (5.0, "5")


async def test_it_says_what_it_offers(http: httpx.AsyncClient) -> None:
    assert (await http.get("/openapi.json")).json()["openapi"] == "3.1.0"
    page = await http.get("/")
    assert "/v1/contacts/{contact}:cancel" in page.text
    assert "<script" not in page.text
    assert (await http.get("/healthz")).json() == {"status": "alive"}


@pytest.mark.parametrize(
    ("query", "browser", "language"),
    [
        ("", "en-GB,en;q=0.9", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("?lang=zh", "en-GB", "zh-CN"),
        ("?language=en", "zh-CN", "en"),
    ],
)
async def test_the_page_speaks_the_language_that_is_asked_for(
    http: httpx.AsyncClient, query: str, browser: str, language: str
) -> None:
    page = await http.get(f"/{query}", headers={"accept-language": browser})
    assert f'<html lang="{language}">' in page.text


async def test_presence_is_set_over_http(small: Centre, http: httpx.AsyncClient) -> None:
    await small.agent("ann")
    async with small.desktop("ann", agent_pb2.NOT_READY):
        answer = await http.post("/v1/agents/ann:setPresence", json={"presence": "AVAILABLE"})
        assert answer.json()["presence"] == "AVAILABLE"


async def test_clients_that_say_nothing_or_never_end_are_let_go(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.2)
    monkeypatch.setattr(face, "_BODY_SECONDS", 0.2)
    host, port = http.base_url.host, http.base_url.port
    silent = await asyncio.open_connection(host, port)
    slow = await asyncio.open_connection(host, port)
    slow[1].write(
        b"POST /v1/rank HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n"
        b"content-type: application/json\r\n\r\n{"
    )
    assert (await http.get("/healthz")).status_code == 200
    async with asyncio.timeout(60):
        assert await silent[0].read() == b""
        assert (await slow[0].readline()).startswith(b"HTTP/1.1 400")
    for _, writer in (silent, slow):
        writer.close()


async def test_without_a_store_every_call_says_when_to_come_back() -> None:
    port = free_port()
    lost = f"redis://127.0.0.1:{free_port()}/0"
    async with (
        router(lost, http_port=port, redis_timeout_seconds=0.3),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http,
    ):
        for answer in (
            await http.post("/v1/contacts", json=wish()),
            await http.get("/v1/contacts/a"),
            await http.get("/v1/queues"),
            await http.get("/v1/contacts/a:watch"),
        ):
            assert refusal(answer) == (503, "UNAVAILABLE", "STATE_STORE_DOWN")
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_router_that_stops_tells_its_streams(redis_url: str) -> None:
    port = free_port()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
    ) as http:
        async with (
            router(redis_url, http_port=port, drain_seconds=3) as target,
            centre(target) as c,
        ):
            await c.queue()
            await serving(target)
            stream = await http.send(http.build_request("GET", "/v1/queueStats"), stream=True)
            lines = stream.aiter_lines()
            assert "result" in json.loads(await anext(lines))
        last = [json.loads(line) async for line in lines][-1]
        assert last["error"]["reason"] == "DRAINING"
