"""What the conformance suite does not ask of the connector `rest`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.mapping import BadFile
from switchyard_crm.adapters.connectors.registry import Registry
from switchyard_crm.adapters.connectors.settings import read_connectors
from switchyard_crm.command import app
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, Normaliser
from switchyard_crm.service.connectors import (
    Capability,
    Connector,
    ConnectorError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from typer.testing import CliRunner, Result

from tests.fakes.crm.vendors.homegrown import KEY, PinedeskFake
from tests.fakes.crm.vendors.homegrown_world import EXAMPLE, INSTALLED
from tests.fakes.crm.vendors.scripted import Script, Scripted, always
from tests.fakes.crm.vendors.serving import Asked, Reply, serving
from tests.fakes.crm.vendors.worlds import VendorClock

pytestmark = pytest.mark.integration

MAPPING = {
    "profile": {"source_id": "id", "phones": ["tel"], "emails": ["mail"], "observed": "at"},
    "interaction": {"id": "id", "time": "at", "channel": {"value": "VOICE"}},
}
HEALTH = {"health": {"path": "ping"}}
TIME = "2026-11-01T08:00:00Z"


def written(
    folder: Path, url: str, options: dict[str, Any], mapping: Any = MAPPING, **secrets: str
) -> Path:
    """A connectors file with one connector, `own`."""
    credentials = {}
    for name, text in secrets.items():
        (folder / name).write_text(text)
        credentials[name] = {"file": name}
    entry = {
        "name": "own",
        "kind": "rest",
        "tenant": "demo",
        "url": url,
        "credentials": credentials,
        "mapping": "mapping.yaml",
        "options": {"auth": {"kind": "none"}, **options},
    }
    (folder / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    file = folder / "connectors.yaml"
    file.write_text(yaml.safe_dump({"connectors": [entry]}))
    return file


def built(file: Path) -> Connector:
    read = read_connectors(file)
    registry = Registry(Normaliser("CN"), SystemClock(), [INSTALLED])
    return registry.build(read, read.connectors[0])


@asynccontextmanager
async def connected(
    folder: Path,
    script: Script,
    operations: dict[str, Any],
    secrets: dict[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[tuple[Connector, Scripted]]:
    vendor = Scripted(script)
    async with serving(vendor) as port:
        options["operations"] = {**HEALTH, **operations}
        url = f"http://127.0.0.1:{port}/base/"
        connector = built(written(folder, url, options, **(secrets or {})))
        try:
            yield connector, vendor
        finally:
            await connector.close()


def phone(text: str) -> Identifier:
    return Identifier(IdentifierKind.PHONE, text)


@pytest.mark.parametrize(
    ("auth", "secrets", "header", "sent"),
    [
        ({"kind": "none"}, {}, "authorization", None),
        (
            {"kind": "basic"},
            {"user": "我", "password": "a:b"},
            "authorization",
            "Basic 5oiROmE6Yg==",
        ),
        ({"kind": "bearer"}, {"token": "t-1"}, "authorization", "Bearer t-1"),
        ({"kind": "header", "header": "X-Key"}, {"key": "k-1"}, "x-key", "k-1"),
    ],
)
async def test_says_who_asks(
    tmp_path: Path, auth: Any, secrets: dict[str, str], header: str, sent: str | None
) -> None:
    script = always(Reply(200, {}))
    async with connected(tmp_path, script, {}, secrets, auth=auth) as (connector, vendor):
        await connector.health()
        assert vendor.asked[0].headers.get(header) == sent
        assert vendor.asked[0].path == "/base/ping"


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    options = {"auth": {"kind": "basic"}, "operations": HEALTH}
    file = written(tmp_path, "http://127.0.0.1:1/", options, user="u")
    with pytest.raises(BadFile, match="connector own: credentials: missing: password"):
        built(file)


@pytest.mark.parametrize(
    ("operation", "described", "needed"),
    [
        ("open_cases", {"path": "t"}, "no case"),
        ("orders", {"path": "o"}, "no order"),
        ("changes", {"path": "c"}, "no profile.observed"),
    ],
)
def test_an_operation_needs_its_part_of_the_mapping(
    tmp_path: Path, operation: str, described: Any, needed: str
) -> None:
    options = {"operations": {**HEALTH, operation: described}}
    file = written(tmp_path, "http://127.0.0.1:1/", options, {"profile": {"source_id": "id"}})
    with pytest.raises(BadFile, match=f"operations.{operation}: the mapping has {needed}"):
        built(file)


def test_a_change_that_is_looked_up_needs_get_case(tmp_path: Path) -> None:
    change = {
        "method": "POST",
        "path": "t/{{ number }}",
        "body": {"ref": "{{ key }}"},
        "lookup": {"path": "t/{{ number }}", "key_path": "ref"},
    }
    mapping = {**MAPPING, "case": {"number": "id", "state": "s", "created": "at"}}
    options = {"operations": {**HEALTH, "update_case": change}}
    file = written(tmp_path, "http://127.0.0.1:1/", options, mapping)
    with pytest.raises(BadFile, match=r"update_case\.lookup: needs get_case"):
        built(file)


async def test_only_what_is_described_is_declared(tmp_path: Path) -> None:
    operations = {"get": {"path": "c/{{ id }}"}}
    async with connected(tmp_path, always(Reply()), operations) as (connector, _):
        assert connector.capabilities == {Capability.GET}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (404, NotFound),
        ("401", Unauthorized),
        (429, RateLimited),
        (500, Unavailable),
        ("secret 13900000000", Invalid),
        (None, Invalid),
    ],
)
async def test_an_envelope_says_what_went_wrong(
    tmp_path: Path, code: Any, error: type[ConnectorError]
) -> None:
    envelope = {
        "path": "code",
        "ok": [0],
        "not_found": [404],
        "unauthorized": [401],
        "rate_limited": [429],
        "unavailable": [500],
    }
    script = always(Reply(200, {"code": code} if code is not None else {}))
    async with connected(tmp_path, script, {}, envelope=envelope) as (connector, _):
        with pytest.raises(error) as caught:
            await connector.health()
        assert "13900000000" not in str(caught.value)


async def test_asks_for_every_notation_where_the_crm_compares_texts(tmp_path: Path) -> None:
    stored = {"199 0000 1234": {"id": "7", "tel": "199 0000 1234"}}

    def script(asked: Asked) -> Reply:
        row = stored.get(asked.query["tel"])
        return Reply(200, [row] if row else [])

    find = {"phone": {"path": "c", "query": {"tel": "{{ phone }}"}, "notations": True}}
    async with connected(tmp_path, script, {"find": find}) as (connector, vendor):
        (found,) = await connector.find(phone("+8619900001234"))
        assert found.provenance.source_id == "7"
        assert len({asked.query["tel"] for asked in vendor.asked}) == len(vendor.asked) > 5


async def test_what_the_crm_finds_too_much_of_is_left_out(tmp_path: Path) -> None:
    rows = [{"id": "1", "tel": "19900001234"}, {"id": "2", "tel": "19900001235"}]
    find = {"phone": {"path": "c"}}
    async with connected(tmp_path, always(Reply(200, rows)), {"find": find}) as (connector, _):
        found = await connector.find(phone("+8619900001234"))
        assert [profile.provenance.source_id for profile in found] == ["1"]


NOTES = [{"id": str(number), "at": f"2026-11-01T08:0{9 - number}:00Z"} for number in range(7)]


def linked(asked: Asked) -> Reply:
    page = int(asked.query.get("page", "1"))
    headers = {}
    if page < 3:
        # Behind a proxy a CRM may not know its own name; no credentials go to another one.
        following = f"<http://inside.example:1/c/7/notes?who=9&page={page + 1}>"
        headers["link"] = f'<http://x.example/?page=1>; rel="first", {following}; rel="next"'
    return Reply(200, NOTES[(page - 1) * 3 : page * 3], headers)


async def test_follows_links_only_by_their_parameters(tmp_path: Path) -> None:
    timeline = {
        "path": "c/{{ id }}/notes",
        "query": {"who": "{{ id }}"},
        "paging": {"kind": "link"},
    }
    async with connected(tmp_path, linked, {"timeline": timeline}) as (connector, vendor):
        read, cursor = [], ""
        for _ in range(10):
            page = await connector.timeline("7", 2, cursor)
            read += [entry.id for entry in page.interactions]
            cursor = page.cursor
            if not cursor:
                break
        assert read == [note["id"] for note in NOTES]
        assert {asked.query["who"] for asked in vendor.asked} == {"7"}
        assert {asked.path for asked in vendor.asked} == {"/base/c/7/notes"}


@pytest.mark.parametrize("cursor", ["x", ":", "-1:", "1;2", "9999999:", "²:", "0:" + "x" * 5000])
async def test_a_cursor_of_the_timeline_that_is_none_is_invalid(
    tmp_path: Path, cursor: str
) -> None:
    timeline = {"path": "n", "paging": {"kind": "page", "param": "page"}}
    async with connected(tmp_path, always(Reply(200, [])), {"timeline": timeline}) as (crm, _):
        with pytest.raises(Invalid):
            await crm.timeline("7", 2, cursor)


async def test_a_timeline_without_paging_is_paged_here(tmp_path: Path) -> None:
    operations = {"timeline": {"path": "n"}}
    async with connected(tmp_path, always(Reply(200, NOTES)), operations) as (connector, _):
        first = await connector.timeline("7", 5)
        second = await connector.timeline("7", 5, first.cursor)
        assert [len(first.interactions), len(second.interactions)] == [5, 2]
        assert second.cursor == ""


async def test_a_page_that_leads_to_itself_is_invalid(tmp_path: Path) -> None:
    paging = {"kind": "cursor", "param": "after", "path": "next"}
    operations = {"open_cases": {"path": "t", "list": "items", "paging": paging}}
    mapping = {**MAPPING, "case": {"number": "id", "state": "s", "created": "at"}}
    vendor = Scripted(always(Reply(200, {"items": [], "next": "again"})))
    async with serving(vendor) as port:
        options = {"operations": {**HEALTH, **operations}}
        connector = built(written(tmp_path, f"http://127.0.0.1:{port}/", options, mapping))
        with pytest.raises(Invalid, match="the same page again"):
            await connector.open_cases("7", 5)
        assert len(vendor.asked) == 2
        await connector.close()


async def test_changes_that_are_not_sorted_are_refused(tmp_path: Path) -> None:
    rows = [{"id": "1", "at": "2026-11-01T08:00:09Z"}, {"id": "2", "at": TIME}]
    operations = {"changes": {"path": "changes"}}
    async with connected(tmp_path, always(Reply(200, rows)), operations) as (connector, _):
        with pytest.raises(Invalid, match="not sorted"):
            await connector.changes("", 10)


async def test_a_list_that_is_not_there_is_invalid_and_null_is_empty(tmp_path: Path) -> None:
    answers: list[Any] = [{"data": {}}, {"data": {"items": None}}]
    operations = {"timeline": {"path": "n", "list": "data.items"}}

    def script(_: Asked) -> Reply:
        return Reply(200, answers.pop(0))

    async with connected(tmp_path, script, operations) as (connector, _):
        with pytest.raises(Invalid, match=r"without data\.items"):
            await connector.timeline("7", 2)
        assert (await connector.timeline("7", 2)).interactions == ()


class TestCheckConnector:
    """`switchyard crm check-connector`."""

    @pytest.fixture
    async def crm(self) -> AsyncIterator[tuple[PinedeskFake, str]]:
        fake = PinedeskFake(VendorClock())
        async with serving(fake) as port:
            yield fake, f"http://127.0.0.1:{port}/api/v2/"

    def file(self, folder: Path, url: str, key: str = KEY) -> Path:
        document = yaml.safe_load(EXAMPLE.read_text())
        (entry,) = document["connectors"]
        (folder / "key").write_text(key)
        entry |= {
            "url": url,
            "credentials": {"key": {"file": "key"}},
            "mapping": str(EXAMPLE.with_name("mapping.yaml")),
        }
        file = folder / "connectors.yaml"
        file.write_text(yaml.safe_dump(document))
        return file

    async def run(self, *arguments: str) -> Result:
        command = ["check-connector", *arguments]
        return await asyncio.to_thread(CliRunner().invoke, app, command)

    async def test_tells_what_works_and_nothing_personal(
        self, tmp_path: Path, crm: tuple[PinedeskFake, str]
    ) -> None:
        fake, url = crm
        id_ = fake.add_customer(name="王芳", phones=[{"number": "19900001234"}], mails=["w@x.org"])
        fake.add_ticket(id_, title="包裹")
        result = await self.run(str(self.file(tmp_path, url)), "pinedesk", "--phone", "19900001234")
        assert result.exit_code == 0, result.output
        lines = {line.split()[1]: line.split() for line in result.stdout.splitlines()}
        assert set(lines) == {"health", *(capability.value for capability in Capability)}
        assert [line[0] for line in lines.values()] == ["ok"] * 7 + ["-"] * 4
        assert "1 found; display_name, since_time, 1 phones, 1 e-mails" in result.stdout
        assert "1 open cases" in result.stdout
        for personal in ("王芳", "19900001234", "w@x.org", "包裹"):
            assert personal not in result.output
        assert fake.contacts == []
        assert all(asked.method == "GET" for asked in fake.asked)

    async def test_what_fails_is_told_and_counts(
        self, tmp_path: Path, crm: tuple[PinedeskFake, str]
    ) -> None:
        file = self.file(tmp_path, crm[1].replace("/api/v2", "/api/v2/none"))
        result = await self.run(str(file), "pinedesk")
        assert result.exit_code == 1
        assert result.stdout.startswith("failed  health           NotFound: ")
        assert len(result.stdout.splitlines()) == 1

    async def test_a_wrong_key_is_told(self, tmp_path: Path, crm: tuple[PinedeskFake, str]) -> None:
        result = await self.run(str(self.file(tmp_path, crm[1], "wrong")), "pinedesk")
        assert result.exit_code == 1
        assert "Unauthorized" in result.stdout

    async def test_nobody_to_try_with_is_no_failure(
        self, tmp_path: Path, crm: tuple[PinedeskFake, str]
    ) -> None:
        result = await self.run(str(self.file(tmp_path, crm[1])), "pinedesk")
        assert result.exit_code == 0
        assert "nobody found" in result.stdout
        assert "give --phone or --email" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["other"], "there is no connector other; there are pinedesk"),
            (["pinedesk", "--phone", "95588"], "--phone: identifies nobody"),
            (["pinedesk", "--phone", "abc"], "phone.value"),
        ],
    )
    async def test_what_cannot_be_checked_ends_with_2(
        self, tmp_path: Path, arguments: list[str], told: str
    ) -> None:
        result = await self.run(str(self.file(tmp_path, "http://127.0.0.1:1/")), *arguments)
        assert result.exit_code == 2
        assert told in result.stderr

    async def test_a_file_that_is_wrong_ends_with_2(self, tmp_path: Path) -> None:
        file = self.file(tmp_path, "http://127.0.0.1:1/")
        file.write_text(file.read_text().replace("national", "notional"))
        result = await self.run(str(file), "pinedesk")
        assert result.exit_code == 2
        assert "connectors[0].options: operations.find.phone: query.digits: " in result.stderr
