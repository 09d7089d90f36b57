"""Mappings out of YAML: everything is checked before a row is read."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from switchyard_insights.adapters.importing.column_names import ColumnNames
from switchyard_insights.adapters.importing.condition_entries import condition
from switchyard_insights.adapters.importing.value_entries import ValueReader
from switchyard_insights.adapters.importing.yaml_entry import Entry, read_entry
from switchyard_insights.domain.importing.mapping import FileShape, LogMapping, Rule, Targets
from switchyard_insights.domain.importing.reasons import Reason
from switchyard_insights.domain.importing.times import Source
from switchyard_insights.domain.importing.values import Constant, Joined

_KEYS = frozenset({"log", "table", "file", "time_zone", "derive", "drop", "note", "columns"})
_FILE_KEYS = frozenset({"delimiter", "quote", "encoding", "columns"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_CONTACTS = frozenset({"contact", "initial_contact", "previous_contact", "related_contact"})
_DEFAULT_TABLE = "contact_legs"


def read_mapping(
    text: str, file: str, tables: Mapping[str, Targets]
) -> tuple[LogMapping, Mapping[str, Entry]]:
    """A mapping, and where it first speaks of each column of the file.

    `tables`: what can be imported to. Raises MappingRefused with file, line, key and fix.
    """
    root = read_entry(text, file)
    parts = root.entries(_KEYS)
    shape = _shape(parts.get("file"))
    names = ColumnNames(shape.columns)
    values = ValueReader(names)
    derived = _derived(parts.get("derive"), names, values)
    table = parts["table"].choice({name: name for name in tables}) if "table" in parts else None
    name = _name(root.part("log"))
    columns = _columns(root.part("columns"), tables[table or _DEFAULT_TABLE], values, name)
    mapping = LogMapping(
        name=name,
        table=table or _DEFAULT_TABLE,
        shape=shape,
        time_zone=_time_zone(parts.get("time_zone")),
        derived=derived,
        drops=_rules(parts.get("drop"), names),
        notes=_rules(parts.get("note"), names),
        columns=columns,
        sources=tuple(names.used),
    )
    return mapping, names.used


def _name(entry: Entry) -> str:
    name = entry.text()
    if not _NAME.fullmatch(name):
        entry.refuse(f"{name!r} is no name", "Write small letters, digits and _, at most 31")
    return name


def _time_zone(entry: Entry | None) -> str:
    if entry is None:
        return "UTC"
    try:
        return ZoneInfo(entry.text()).key
    except (KeyError, ValueError, OSError):
        entry.refuse(f"{entry.text()!r} is no time zone", "Write for instance Asia/Shanghai")


def _shape(entry: Entry | None) -> FileShape:
    if entry is None:
        return FileShape()
    parts = entry.entries(_FILE_KEYS)
    given = {name: part.text() for name, part in parts.items() if name != "columns"}
    for name in given.keys() & {"delimiter", "quote"}:
        if len(given[name]) != 1:
            parts[name].refuse("not one character", "Write one, such as ';' or \"\\t\"")
    columns = parts["columns"].texts() if "columns" in parts else ()
    if len(set(columns)) < len(columns):
        parts["columns"].refuse("a name stands there twice", "Give each column a name of its own")
    return FileShape(**given, columns=columns)


def _derived(entry: Entry | None, names: ColumnNames, values: ValueReader) -> dict[str, Source]:
    derived: dict[str, Source] = {}
    for name, part in ({} if entry is None else entry.entries()).items():
        if name in names.used:
            part.refuse(f"`{name}` is a column of the log", "Choose another name")
        derived[name], kind = values.read(part)
        names.derived[name] = kind
    return derived


def _columns(entry: Entry, targets: Targets, values: ValueReader, log: str) -> dict[str, Source]:
    parts = entry.entries(frozenset(targets))
    for name, target in targets.items():
        if target.required and name not in parts:
            entry.refuse(f"`{name}` is missing", f"Say where `{name}` comes from")
    found = {name: values.of_kind(part, targets[name].kind) for name, part in parts.items()}
    # Contacts of two logs, or of a log and of the centre itself, must not be taken for one another.
    log_name = Constant(log)
    return {
        name: Joined((log_name, source), "-") if name in _CONTACTS else source
        for name, source in found.items()
    }


def _rules(entry: Entry | None, names: ColumnNames) -> tuple[Rule, ...]:
    rules = []
    for item in [] if entry is None else entry.items():
        item.entries(frozenset({"when", "reason"}))
        found = condition(item.part("when"), names)
        rules.append(Rule(found, _reason(item.part("reason"))))
    return tuple(rules)


def _reason(entry: Entry) -> Reason:
    if not entry.is_mapping():
        return Reason(entry.text(), entry.text())
    parts = entry.entries(frozenset({"en", "zh"}))
    for language in ("en", "zh"):
        entry.part(language)
    return Reason(parts["en"].text(), parts["zh"].text())
