"""How BottleCRM's documents are read, and how keys are kept in its texts."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.adapters.connectors.bottlecrm_api import checked_id, person, ticket
from switchyard_crm.adapters.connectors.bottlecrm_cursor import Phase, Position
from switchyard_crm.adapters.connectors.footers import mark, read_marked, searchable
from switchyard_crm.adapters.connectors.once import OneAtATime
from switchyard_crm.service.connectors import Invalid, NotFound

pytestmark = pytest.mark.unit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS, KEYS, TEXTS)
def test_a_mark_tells_the_key_and_what_else_it_carries(text: str, key: str, agent: str) -> None:
    marked = mark(text, 100_000, key, agent=agent)
    read = read_marked(marked)
    assert read.key == key
    assert read.fields.get("agent", "") == agent
    assert read.text == text.strip()
    assert searchable(key) in marked


@given(TEXTS, KEYS)
def test_a_long_text_is_cut_and_never_its_mark(text: str, key: str) -> None:
    marked = mark(text * 50, 500 + 12 * len(key), key)
    assert len(marked) <= 500 + 12 * len(key)
    assert read_marked(marked).key == key


@pytest.mark.parametrize(
    "text", ["", "Hello", "switchyard:", "a\nswitchyard: b", "x switchyard:key=1"]
)
def test_what_others_wrote_has_no_key(text: str) -> None:
    assert read_marked(text).key == ""


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("芳", "王", "王芳"),
        ("小明", "欧阳", "欧阳小明"),
        ("Jo", "Tester", "Jo Tester"),
        ("Fang", "王", "Fang 王"),
        ("王芳", "-", "王芳"),
        ("-", ".", ""),
        (None, "Lee", "Lee"),
    ],
)
def test_a_name_stands_in_the_order_of_its_script(first: str | None, last: str, full: str) -> None:
    assert person({"first_name": first, "last_name": last})["full_name"] == full


def test_a_ticket_changed_when_the_last_thing_known_of_it_happened() -> None:
    row = {"created_at": "2026-11-01T08:00:00Z", "resolved_at": "2026-11-01T08:00:00.5Z"}
    assert ticket(row)["changed_at"] == "2026-11-01T08:00:00.5Z"
    later = {"created_at": "2026-11-01T09:00:00+00:00"}
    assert ticket(row, [later])["changed_at"] == "2026-11-01T09:00:00+00:00"
    assert ticket({"created_at": None})["changed_at"] == ""


def test_only_uuids_are_ids() -> None:
    assert checked_id("5da39b4f-393a-4aeb-bd72-c2059fc21b52")
    for text in ("", "1", "../x", "5DA39B4F-393A-4AEB-BD72-C2059FC21B52", "x" * 36):
        with pytest.raises(NotFound):
            checked_id(text)


def test_a_position_survives_being_stored() -> None:
    position = Position(Phase.SWEEP, offset=7, anchor="a")
    assert Position.read(position.write()) == position
    assert Position.read("") == Position()


@pytest.mark.parametrize("cursor", ["x", "[]", "{}", '{"phase": "rest"}', '{"told": 1}'])
def test_a_text_that_is_no_position_is_invalid(cursor: str) -> None:
    with pytest.raises(Invalid):
        Position.read(cursor)


async def test_one_key_is_held_by_one_and_others_are_free() -> None:
    keys, order = OneAtATime(), []

    async def write(key: str, name: str) -> None:
        async with keys.holding(key):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(write("a", "first"), write("a", "second"), write("b", "other"))
    of_a = [entry for entry in order if not entry.startswith("other")]
    assert of_a == ["first begins", "first ends", "second begins", "second ends"]
    assert order.index("other begins") < order.index("first ends")


async def test_a_key_is_free_again_when_its_holder_was_cancelled() -> None:
    keys = OneAtATime()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0), keys.holding("a"):
                await asyncio.sleep(3600)
    async with asyncio.timeout(60), keys.holding("a"):
        pass
