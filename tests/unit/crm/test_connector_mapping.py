"""Mapping files, and what becomes of a CRM's JSON by them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapped import MAX_IDENTIFIERS, Mapper, words
from switchyard_crm.adapters.connectors.mapping import BadFile, FieldMapping, load_mapping
from switchyard_crm.adapters.connectors.registry import shipped
from switchyard_crm.domain.customer import Money, Words
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, Normaliser
from switchyard_crm.service.connectors import Invalid, Unsupported

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "id"]), inner),
)

FULL: dict[str, Any] = {
    "profile": {
        "source_id": "id",
        "observed": "changed",
        "display_name": {"paths": ["last", "first"], "join": ""},
        "language": {"path": "lang", "values": {"zh_CN": "zh-CN"}},
        "tier": {"path": "vip", "values": {True: "gold", False: "standard"}},
        "birth_date": {"path": "born", "format": "%d.%m.%Y"},
        "phones": ["phone", "more[]"],
        "emails": ["mail"],
        "handles": [{"namespace": "wechat", "path": "openid"}],
    },
    "case": {
        "number": "id",
        "state": {"path": "stage", "values": {"Won": "closed"}, "default": "open"},
        "priority": {"path": "stars", "values": {"1": "low", "2": "low", "3": "high"}},
        "created": {"path": "at", "zone": "Asia/Shanghai"},
    },
    "order": {
        "number": "id",
        "state": {"value": "placed"},
        "placed": {"path": "at", "format": "unix_ms"},
        "total": {"currency": "cur", "amount": "sum"},
        "items": {"path": "lines[]", "name": "what", "quantity": "n"},
    },
    "interaction": {
        "id": "id",
        "time": {"path": "at", "format": "unix"},
        "channel": {"path": "how", "default": "NOTE"},
        "summary": {"path": "html", "format": "html"},
    },
}


def mapper(**sections: Any) -> Mapper:
    mapping = FieldMapping.model_validate({**FULL, **sections})
    return Mapper("erp", mapping, Normaliser("CN"), FakeClock(NOW))


def write(folder: Path, text: str) -> Path:
    file = folder / "own.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_reads_a_person() -> None:
    profile = mapper().profile(
        {
            "id": 17,
            "changed": "2026-10-30T09:12:00+08:00",
            "last": "王",
            "first": "芳",
            "lang": "zh_CN",
            "vip": True,
            "born": "01.03.1988",
            "phone": "199 1234 5678转12",
            "more": ["0086-199-8765-4321", "unknown", None, False],
            "mail": "Wang@Example.com",
            "openid": "oX3",
        }
    )
    assert profile.provenance.source_id == "17"
    assert profile.provenance.observed_time == datetime(2026, 10, 30, 1, 12, tzinfo=UTC)
    assert (profile.display_name, profile.language, profile.tier) == ("王芳", "zh-CN", "gold")
    assert profile.birth_date == date(1988, 3, 1)
    assert profile.identifiers == (
        Identifier(IdentifierKind.PHONE, "+8619912345678"),
        Identifier(IdentifierKind.PHONE, "+8619987654321"),
        Identifier(IdentifierKind.EMAIL, "wang@example.com"),
        Identifier(IdentifierKind.HANDLE, "oX3", "wechat"),
    )


def test_a_field_that_cannot_be_read_hides_nothing_else() -> None:
    profile = mapper().profile({"id": "1", "born": "soon", "phone": "ask his wife", "last": "王"})
    assert (profile.birth_date, profile.identifiers) == (None, ())
    assert profile.display_name == "王"
    assert profile.provenance.observed_time == NOW


def test_a_person_without_id_is_invalid_and_its_error_tells_no_value() -> None:
    with pytest.raises(Invalid) as caught:
        mapper().profile({"last": "王芳"})
    assert "profile.source_id" in str(caught.value)
    assert "王" not in str(caught.value)


@given(JSON)
def test_no_json_breaks_it(document: Any) -> None:
    reading = mapper()
    for read in (reading.profile, reading.case, reading.order, reading.interaction):
        try:
            read(document)
        except Invalid:
            continue


def test_holds_no_more_identifiers_than_it_can_need() -> None:
    numbers = [f"1991234{number:04}" for number in range(200)]
    profile = mapper().profile({"id": "1", "more": numbers})
    assert len(profile.identifiers) == MAX_IDENTIFIERS


@pytest.mark.parametrize(
    ("stage", "state"), [("Won", "closed"), ("New", "open"), (None, "open"), (False, "open")]
)
def test_states_are_translated(stage: Any, state: str) -> None:
    assert mapper().case({"id": 1, "stage": stage, "at": "2026-11-01 08:00:00"}).state == state


def test_times_without_offset_are_in_the_zone_given() -> None:
    case = mapper().case({"id": 1, "at": "2026-11-01 08:00:00"})
    assert case.create_time == case.update_time == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_case_without_time_is_invalid() -> None:
    with pytest.raises(Invalid, match=r"case\.created"):
        mapper().case({"id": 1, "at": "yesterday"})


@pytest.mark.parametrize(
    ("currency", "amount", "minor_units"),
    [
        ("CNY", "199.005", 19900),
        ("CNY", 0.1 + 0.2, 30),
        ("JPY", 199, 199),
        ("KWD", "1.234", 1234),
        ("CNY", None, 0),
        ("CNY", "much", 0),
        ("CNY", "NaN", 0),
    ],
)
def test_money_is_counted_in_the_smallest_unit(
    currency: str, amount: Any, minor_units: int
) -> None:
    order = mapper().order({"id": 1, "at": 0, "cur": currency, "sum": amount})
    assert order.total == Money(currency, minor_units)


def test_absurd_money_is_invalid() -> None:
    with pytest.raises(Invalid, match=r"order\.total"):
        mapper().order({"id": 1, "at": 0, "cur": "CNY", "sum": "1e30"})


def test_reads_the_lines_of_an_order() -> None:
    lines = [{"what": "手机壳", "n": 2.0}, {"what": "Cable", "n": "1"}, {"n": 3}, None]
    order = mapper().order({"id": 1, "at": 1_700_000_000_000, "lines": lines})
    assert [(item.name, item.quantity) for item in order.items] == [
        (Words(zh="手机壳"), 2),
        (Words(en="Cable"), 1),
    ]
    assert order.placed_time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_texts_with_tags_become_plain() -> None:
    entry = mapper().interaction({"id": 1, "at": 0, "html": "<p>包裹<br/>late &amp; lost</p>"})
    assert (entry.summary, entry.channel) == ("包裹 late & lost", "NOTE")


def test_values_of_ours_are_written_as_the_crm_has_them() -> None:
    rule = FieldMapping.model_validate(FULL).case
    assert rule is not None
    assert rule.priority is not None
    assert [rule.priority.written(ours) for ours in ("low", "high", "urgent")] == ["1", "3", ""]
    assert FieldRule.model_validate("x").written("urgent") == "urgent"


def test_what_is_not_mapped_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        mapper(case=None).case({"id": 1})


def test_tells_which_fields_it_reads() -> None:
    mapping = FieldMapping.model_validate(FULL)
    assert mapping.order is not None
    assert mapping.order.fields == {"id", "at", "cur", "sum", "lines", "lines.what", "lines.n"}
    assert "more" in mapping.profile.roots


@pytest.mark.parametrize(("text", "read"), [("壳", Words(zh="壳")), ("case", Words(en="case"))])
def test_words_are_in_the_language_of_their_letters(text: str, read: Words) -> None:
    assert words(text) == read


def test_own_fields_replace_the_defaults_they_name(tmp_path: Path) -> None:
    default = load_mapping(shipped("tryton.yaml"), None)
    own = load_mapping(shipped("tryton.yaml"), write(tmp_path, "profile: {tier: x_tier}\n"))
    assert default.profile.tier is None
    assert own.profile.tier == FieldRule(path="x_tier")
    assert own.profile.phones == default.profile.phones
    assert own.order == default.order


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("profile: {nmae: x}", "profile.nmae: there is no such field"),
        ("profil: {}", "profil: there is no such field"),
        ("profile: {tier: {path: a, value: b}}", "profile.tier: give one of path, paths and value"),
        ("profile: {tier: {}}", "profile.tier: give one of path, paths and value"),
        ("profile: {phones: ['a..b']}", "profile.phones[0]: the path cannot be read from"),
        ("case: {number: id, state: s}", "case: give created, updated or both"),
        ("case: {number: id, created: c}", "case.state: is missing"),
        ("profile: {since: {path: a, format: iso8601}}", "profile.since: format: is none of"),
        ("interaction: {time: {path: a, zone: Mars}}", "interaction.time: zone: is no IANA time"),
        ("profile: {since: {path: a, zone: ../x}}", "profile.since: zone: is no IANA time"),
        ("profile: [", ":1: is not YAML"),
        ("- a", "holds no fields"),
    ],
)
def test_a_wrong_file_is_told_with_place_and_reason(tmp_path: Path, text: str, told: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(BadFile) as caught:
        load_mapping(shipped("tryton.yaml"), file)
    assert str(caught.value).startswith(str(file))
    assert told in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        load_mapping(None, tmp_path / "none.yaml")
