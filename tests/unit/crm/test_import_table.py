"""Tables of customers: columns are mapped, bad rows are named by column, bad mappings by place."""

import io
from pathlib import Path

import pytest
from switchyard_crm.adapters.importing.reading import DocumentReader
from switchyard_crm.adapters.importing.table import TableReader
from switchyard_crm.adapters.importing.table_mapping import TableMapping, load_mapping
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, Normaliser
from switchyard_crm.service.importing import ReadLine

from tests.fakes.crm.people import DEMO, NOW

pytestmark = pytest.mark.unit

MAPPING = """
source: erp
encoding: gb18030
delimiter: ";"
columns:
  客户编号: id
  姓: name
  名: name
  手机: phones
  其他电话: {field: phones, split: "/"}
  微信: {field: handles, namespace: wechat}
  生日: {field: birth_date, format: "%Y/%m/%d"}
  开户: {field: since, format: "%Y%m%d", timezone: Asia/Shanghai}
  等级: {field: tier, values: {金卡: gold, 普通: ""}}
ignore: [备注]
"""
HEADER = "客户编号;姓;名;手机;其他电话;微信;生日;开户;等级;备注"
WANG = (
    "10017;王;芳;199 0000 1234;021-5550 1234/+1 206 555 0142;oX3aBc;1988/03/01;20210401;金卡;老客户"
)


def mapping(tmp_path: Path, text: str = MAPPING) -> TableMapping:
    file = tmp_path / "map.yaml"
    file.write_text(text)
    return load_mapping(file)


def read(rows: str, by: TableMapping | None = None) -> list[ReadLine]:
    by = by or TableMapping()
    documents = DocumentReader(DEMO, Normaliser("CN"), NOW, by.source)
    return list(TableReader(documents, by).read(io.BytesIO(rows.encode(by.encoding))))


def problems(rows: str, by: TableMapping | None = None) -> list[tuple[int, str, str]]:
    return [(line.line, each.field, each.fix) for line in read(rows, by) for each in line.problems]


def test_a_mapping_says_what_columns_are(tmp_path: Path) -> None:
    [line] = read(f"{HEADER}\n{WANG}\n", mapping(tmp_path))
    found = line.record
    assert found is not None
    profile = found.profile
    assert str(found.name) == "tenants/demo/customers/erp~10017"
    assert (profile.provenance.source, profile.provenance.source_id) == ("erp", "10017")
    assert (profile.display_name, profile.tier) == ("王芳", "gold")
    assert profile.birth_date is not None
    assert profile.birth_date.isoformat() == "1988-03-01"
    assert profile.since_time is not None
    assert profile.since_time.isoformat() == "2021-04-01T00:00:00+08:00"
    assert profile.identifiers == (
        Identifier(IdentifierKind.PHONE, "+8619900001234"),
        Identifier(IdentifierKind.PHONE, "+862155501234"),
        Identifier(IdentifierKind.PHONE, "+12065550142"),
        Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
    )


def test_without_a_mapping_columns_are_fields() -> None:
    [first, second] = read('id,name,phones\n1,"Jo, Tester",+12065550142\n\n2,Ann,\n')
    assert first.record is not None
    assert first.record.profile.display_name == "Jo, Tester"
    assert first.record.profile.provenance.source == "table"
    assert second.record is not None
    assert second.line == 4
    assert second.record.profile.identifiers == ()


def test_a_name_from_two_columns_is_joined_as_its_script_joins(tmp_path: Path) -> None:
    by = mapping(tmp_path, "columns: {id: id, given: name, family: name}")
    [line] = read("id,given,family\n1,Jo,Tester\n", by)
    assert line.record is not None
    assert line.record.profile.display_name == "Jo Tester"


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (WANG.replace("199 0000 1234", "none"), "手机", "not a telephone number"),
        (WANG.replace("+1 206 555 0142", "95588"), "其他电话", "service number"),
        (WANG.replace("1988/03/01", "1.3.1988"), "生日", "%Y/%m/%d"),
        (WANG.replace("金卡", "钻石"), "等级", "is none of 金卡, 普通"),
        (WANG.replace("10017", " "), "客户编号", "is missing"),
        (WANG + ";more", "", "has 11 cells and not 10"),
    ],
)
def test_a_bad_row_costs_only_itself_and_names_its_column(
    tmp_path: Path, row: str, column: str, says: str
) -> None:
    by = mapping(tmp_path)
    good = WANG.replace("10017", "10018")
    [(line, field, fix)] = problems(f"{HEADER}\n{row}\n{good}\n", by)
    assert (line, field) == (2, column)
    assert says in fix
    assert read(f"{HEADER}\n{row}\n{good}\n", by)[1].record is not None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("id,name,shoe size\n", "header: says shoe size, which the mapping does not know"),
        ("name,phones\n", "header: has no id"),
        ("", "header: has no id, name"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(rows: str, says: str) -> None:
    with pytest.raises(InvalidField, match=says):
        read(rows)


def test_another_encoding_than_said_is_refused() -> None:
    documents = DocumentReader(DEMO, Normaliser("CN"), NOW)
    reader = TableReader(documents, TableMapping())
    with pytest.raises(InvalidField, match="say `encoding` in the mapping"):
        list(reader.read(io.BytesIO("id,name\n1,王芳\n".encode("gb18030"))))


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("columns: {a: id, b: nmae}", "columns.b", "there is no field nmae"),
        ("columns: {a: id}", "the file", "no column is name"),
        ("columns: {a: id, b: name, c: id}", "the file", "id takes one column, and 2 are given"),
        ("columns: {a: id, b: name, c: handles}", "columns.c", "name the app or system"),
        ("columns: {a: id, b: {field: name, format: x}}", "columns.b", "`format` is for"),
        ("columns: {a: id, b: {field: name, split: x}}", "columns.b", "`split` is for lists"),
        (
            "columns: {a: id, b: name, c: {field: since, timezone: Mars}}",
            "columns.c",
            "there is no timezone Mars",
        ),
        ("columns: {a: id, b: name}\nencoding: klingon", "the file", "no encoding klingon"),
        ("colums: {}", "columns", "Field required"),
        ("- a", "the file", "valid dictionary"),
        ("a: [", "", "is not YAML"),
    ],
)
def test_a_bad_mapping_is_refused_with_the_place(
    tmp_path: Path, text: str, place: str, says: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        mapping(tmp_path, text)
    assert "map.yaml" in refused.value.message
    assert place in refused.value.message
    assert says in refused.value.message
