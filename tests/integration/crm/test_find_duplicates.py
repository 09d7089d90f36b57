"""The nightly search for duplicates, with splink and a real store."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from switchyard_crm.adapters.splink_search import open_splink_search
from switchyard_crm.adapters.sql.record_pages import SqlRecordPages
from switchyard_crm.command import app
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.duplicates import (
    FindDuplicates,
    FoundPair,
    SearchProgress,
    SearchRow,
    StoredRecord,
    search_row,
)
from switchyard_crm.service.relinking import Relinked
from switchyard_crm.wiring import duplicates as wiring
from typer.testing import CliRunner

from tests.fakes.crm.identities import World, identity_world
from tests.fakes.crm.people import DEMO, customer, phone
from tests.fakes.crm.running import url_of

pytestmark = pytest.mark.integration

MAIL = Identifier(IdentifierKind.EMAIL, "jf.ouyang@example.com")
BORN = date(1988, 3, 1)


@pytest.fixture
async def world(sqlite_database: str) -> AsyncIterator[World]:
    async with identity_world(sqlite_database) as opened:
        yield opened


@pytest.fixture
async def each_world(database_url: str) -> AsyncIterator[World]:
    async with identity_world(database_url) as opened:
        yield opened


def born(record_id: str, name: str, day: date | None, *known: Identifier) -> CustomerRecord:
    record = customer(record_id, *known, name=name)
    return replace(record, profile=replace(record.profile, birth_date=day))


def crowd(size: int) -> list[CustomerRecord]:
    """People who have nothing in common, so that names and dates mean something."""
    dice = random.Random(7)
    surnames, given = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
    return [
        born(
            f"x{number}",
            dice.choice(surnames) + dice.choice(given) + dice.choice(given),
            date(1950 + number % 50, 1 + number % 12, 2 + number % 26),
            phone(f"+86199{number:04}5{number % 7}31"),
        )
        for number in range(size)
    ]


async def search(world: World, most: int = 100) -> SearchProgress:
    async def relink(tenant: TenantId) -> AsyncIterator[Relinked]:
        while (done := await world.batch()).compared:
            yield done

    pages = SqlRecordPages(world.database, world.vault)
    finding = FindDuplicates(pages, open_splink_search, world.identities, world.suspect, relink)
    progress = [step async for step in finding.run(DEMO, most)]
    assert [step.read for step in progress] == sorted(step.read for step in progress)
    return progress[-1]


async def queue(world: World) -> list[set[str]]:
    page = await world.reviews.run(DEMO, "", 100)
    return [{review.suspicion.record_a, review.suspicion.record_b} for review in page.reviews]


OUYANG = born("a", "欧阳建芳", BORN, phone("+8619900003456"))
SAME = born("b", "Jianfang Ouyang", BORN, MAIL)


async def test_suggests_what_nothing_links(each_world: World) -> None:
    await each_world.put(OUYANG, SAME, *crowd(60))
    done = await search(each_world)
    assert {"a", "b"} in await queue(each_world)
    assert done.read == done.total == 62
    assert done.linked == 0
    assert await each_world.partition("a", "b") == {frozenset("a"), frozenset("b")}


async def test_tells_people_why_without_values(world: World) -> None:
    await world.put(OUYANG, SAME, *crowd(60))
    await search(world)
    (review,) = (await world.reviews.run(DEMO, "", 100)).reviews
    assert review.suspicion.evidence == (
        "names equal in another notation",
        "birth dates equal",
    )
    assert 0.5 <= review.suspicion.probability <= 1


async def test_never_suggests_a_pair_twice(world: World) -> None:
    await world.put(OUYANG, SAME, *crowd(60))
    assert (await search(world)).suggested == 1
    again = await search(world)
    assert (again.found, again.suggested) == (1, 0)


async def test_never_suggests_who_was_declared_two_people(world: World) -> None:
    await world.put(OUYANG, SAME, *crowd(60))
    await search(world)
    (review,) = (await world.reviews.run(DEMO, "", 100)).reviews
    await world.decide(review.id, same=False)
    assert (await search(world)).suggested == 0
    assert await queue(world) == []


async def test_different_birth_dates_are_never_suggested(world: World) -> None:
    number = phone("+8619900003456")
    await world.put(OUYANG, born("b", "欧阳建芳", date(1961, 12, 9), number, MAIL), *crowd(60))
    assert (await search(world)).suggested == 0


async def test_what_waits_is_compared_first_and_linked_by_the_guard(world: World) -> None:
    await world.put(OUYANG, born("b", "欧阳建芳", None, phone("+8619900003456")), *crowd(60))
    done = await search(world)
    assert (done.linked, done.found) == (1, 0)
    assert await world.partition("a", "b") == {frozenset("ab")}


async def test_suggests_the_likeliest_and_not_more_than_asked_for(world: World) -> None:
    pairs = [
        record
        for number in range(300)
        for record in (
            born(f"l{number}", f"欧阳{chr(0x4F00 + number)}", date(1960, 1, 2 + number % 27)),
            born(f"r{number}", f"欧阳{chr(0x4F00 + number)}", date(1960, 1, 2 + number % 27)),
        )
    ]
    await world.writer.replace(pairs)
    done = await search(world, most=50)
    assert done.found >= 300
    assert 50 <= done.suggested < 300


async def test_an_empty_store_has_no_duplicates(world: World) -> None:
    done = await search(world)
    assert (done.read, done.found, done.suggested) == (0, 0, 0)


async def test_pages_hold_every_record_once(each_world: World) -> None:
    await each_world.put(*crowd(7))
    await each_world.link("x3", MAIL)  # kept in a record of its own, which is none to search
    pages = SqlRecordPages(each_world.database, each_world.vault)
    after, seen = "", list[str]()
    while True:
        page, after = await pages.page(DEMO, after, 3)
        seen.extend(record.id for record in page)
        if not after:
            break
    assert sorted(seen) == [f"x{number}" for number in range(7)]
    assert await pages.count(DEMO) == 7


def found(*rows: SearchRow) -> list[FoundPair]:
    with open_splink_search() as opened:
        opened.add(rows)
        return list(opened.pairs(0.5, 100))


def row(record: CustomerRecord, customer_id: str = "") -> SearchRow:
    id_ = CustomerId(record.name.customer)
    return search_row(StoredRecord(id_, CustomerId(customer_id or id_), record.profile))


def test_records_of_one_customer_are_not_searched_for() -> None:
    others = [row(each) for each in crowd(60)]
    assert len(found(row(OUYANG), row(SAME), *others)) == 1
    assert found(row(OUYANG, "c"), row(SAME, "c"), *others) == []


def test_placeholders_find_nobody() -> None:
    nobody = phone("+8613800138000")
    rows = [row(born(f"t{n}", "测试", date(1970, 1, 1), nobody)) for n in range(40)]
    assert found(*rows) == []
    assert rows[0].phones == ()
    assert (rows[0].name, rows[0].birth) == ("", "")


def test_a_number_of_very_many_is_no_reason_to_compare_them() -> None:
    shared = phone("+8619900003456")
    same = [row(born(f"t{n}", "欧阳建芳", None, shared)) for n in range(60)]
    assert found(*same) == []


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    people = [
        {"id": "a", "name": "欧阳建芳", "birth_date": "1988-03-01", "phones": ["+8619900003456"]},
        {"id": "b", "name": "Ouyang Jianfang", "birth_date": "1988-03-01"},
        *({"id": f"x{n}", "name": f"Jo Tester{chr(97 + n)}"} for n in range(9)),
    ]
    file.write_text("\n".join(json.dumps(each) for each in people))
    store = ["--database-url", url_of(tmp_path / "crm.sqlite")]
    assert CliRunner().invoke(app, ["import", str(file), *store]).exit_code == 0
    done = CliRunner().invoke(app, ["find-duplicates", *store])
    assert done.exit_code == 0, done.output
    said, summary = done.stdout.splitlines()[-2:]
    assert said == "11 records searched, 1 pairs found: 0 linked, 1 new in the review queue"
    assert json.loads(summary)["suggested"] == 1
    assert "欧阳" not in done.output


def test_without_the_extra_the_command_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "find_spec", lambda _: None)
    store = ["--database-url", url_of(tmp_path / "crm.sqlite")]
    done = CliRunner().invoke(app, ["find-duplicates", *store])
    assert done.exit_code == 2
    assert "switchyard-crm[matching]" in done.output
    assert not (tmp_path / "crm.sqlite").exists()
