"""Which column of a table is which field of the import format: a YAML file.

    source: erp                    # whose records these are; left out: table
    encoding: gb18030              # left out: utf-8
    delimiter: ";"                 # left out: ","
    columns:
      客户编号: id
      姓: name                      # several columns of a name or an address are joined in order
      名: name
      手机: phones                  # several columns, or several values in one with `split`
      办公电话: {field: phones, split: "/"}
      微信: {field: handles, namespace: wechat}
      生日: {field: birth_date, format: "%Y/%m/%d"}
      开户日期: {field: since, format: "%Y%m%d", timezone: Asia/Shanghai}
      等级: {field: tier, values: {金卡: gold, 银卡: silver}}
    ignore: [备注]                  # columns that are known and not wanted

Without a mapping the columns are named as the fields are.
"""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from switchyard_crm.domain.errors import InvalidField

DEFAULT_SOURCE = "table"
"""Not "local": a table says nothing of orders and would take the place of what does."""


class Shape(Enum):
    """How a field of the import format takes the values of columns."""

    TEXT = "one value"
    JOINED = "several texts as one"
    MANY = "a list"
    NAMED = "a list of values with a namespace"


FIELDS: Mapping[str, Shape] = {
    "id": Shape.TEXT,
    "name": Shape.JOINED,
    "language": Shape.TEXT,
    "tier": Shape.TEXT,
    "birth_date": Shape.TEXT,
    "address": Shape.JOINED,
    "since": Shape.TEXT,
    "phones": Shape.MANY,
    "emails": Shape.MANY,
    "handles": Shape.NAMED,
    "records": Shape.NAMED,
}
_REQUIRED = ("id", "name")
_TIMED = ("birth_date", "since")


class BadCell(Exception):
    """What is wrong with a cell, and how to put it right."""


class Column(BaseModel):
    """One column: the field it fills, and how its texts are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    namespace: str = ""
    split: str = ""
    format: str = ""
    timezone: str = "UTC"
    values: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_its_field(self) -> Self:
        shape = FIELDS.get(self.field)
        if shape is None:
            raise ValueError(f"there is no field {self.field}; take one of {', '.join(FIELDS)}")
        if (shape is Shape.NAMED) != bool(self.namespace):
            fix = "name the app or system in" if shape is Shape.NAMED else "only handles take"
            raise ValueError(f"{fix} `namespace`")
        if self.split and shape not in (Shape.MANY, Shape.NAMED):
            raise ValueError(f"`split` is for lists, and {self.field} takes {shape.value}")
        if self.format and self.field not in _TIMED:
            raise ValueError(f"`format` is for {' and '.join(_TIMED)}")
        if self.timezone not in zoneinfo.available_timezones():
            raise ValueError(f"there is no timezone {self.timezone}; write it like Asia/Shanghai")
        return self

    def texts(self, cell: str) -> list[str]:
        """What a cell says; nothing if it is empty. Raises BadCell."""
        parts = cell.split(self.split) if self.split else [cell]
        return [self._read(part.strip()) for part in parts if part.strip()]

    def _read(self, text: str) -> str:
        if self.values:
            if text not in self.values:
                raise BadCell(f"{text!r} is none of {', '.join(self.values)}; add it to `values`")
            text = self.values[text]
        if self.field not in _TIMED or not (self.format or self.field == "since"):
            return text
        moment = self._moment(text)
        return moment.isoformat() if self.field == "since" else moment.date().isoformat()

    def _moment(self, text: str) -> datetime:
        try:
            moment = (
                datetime.strptime(text, self.format)  # noqa: DTZ007  # its timezone comes below
                if self.format
                else datetime.fromisoformat(text)
            )
        except ValueError as error:
            expected = self.format or "ISO 8601, for instance 2021-04-01"
            raise BadCell(f"is not a time as in {expected}") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=zoneinfo.ZoneInfo(self.timezone))


def _column(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = DEFAULT_SOURCE
    encoding: str = "utf-8-sig"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    columns: dict[str, Annotated[Column, BeforeValidator(_column)]]
    ignore: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        fields = [column.field for column in self.columns.values()]
        missing = [name for name in _REQUIRED if name not in fields]
        if missing:
            raise ValueError(f"no column is {' and none is '.join(missing)}")
        for name, shape in FIELDS.items():
            if shape is Shape.TEXT and fields.count(name) > 1:
                raise ValueError(f"{name} takes one column, and {fields.count(name)} are given")
        try:
            "".encode(self.encoding)
        except LookupError as error:
            raise ValueError(
                f"there is no encoding {self.encoding}; write utf-8 or gb18030"
            ) from error
        return self


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a table is read. `columns` None: they are named as the fields are."""

    source: str = DEFAULT_SOURCE
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    columns: Mapping[str, Column] | None = None
    ignore: frozenset[str] = field(default_factory=frozenset)

    def of(self, header: list[str]) -> list[Column | None]:
        """The column of each heading; None for one to leave out. Raises InvalidField."""
        columns = self.columns
        if columns is None:
            plain = {name for name, shape in FIELDS.items() if shape is not Shape.NAMED}
            columns = {name: Column(field=name) for name in plain}
        unknown = [name for name in header if name not in columns and name not in self.ignore]
        if unknown:
            raise InvalidField(
                "header",
                f"says {', '.join(unknown)}, which the mapping does not know; "
                "map these columns with --map, or list them under `ignore`",
            )
        absent = [name for name in (self.columns or _REQUIRED) if name not in header]
        if absent:
            raise InvalidField("header", f"has no {', '.join(absent)}; the mapping expects it")
        return [None if name in self.ignore else columns[name] for name in header]


def load_mapping(path: Path) -> TableMapping:
    """The mapping in a YAML file. Raises InvalidField, which names the file and the place in it."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(str(path), "cannot be read; give a YAML file in UTF-8") from error
    except yaml.YAMLError as error:
        raise InvalidField(str(path), f"is not YAML: {error}") from error
    try:
        read = _File.model_validate(content)
    except ValidationError as error:
        raise InvalidField(f"{path}: {_first(error)[0]}", _first(error)[1]) from error
    return TableMapping(
        read.source, read.encoding, read.delimiter, read.columns, frozenset(read.ignore)
    )


def _first(error: ValidationError) -> tuple[str, str]:
    problem = error.errors(include_url=False)[0]
    place = ".".join(map(str, problem["loc"])) or "the file"
    return place, problem["msg"].removeprefix("Value error, ")
