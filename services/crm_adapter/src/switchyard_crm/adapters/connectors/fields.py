"""One field of ours out of a CRM's JSON: where it stands, what its values mean, how dates look."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from switchyard_crm.adapters.connectors.paths import BadPath, JsonPath, parse_path, scalar

MAX_TEXT_CHARS = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"unix": 1, "unix_ms": 1000}
_FORMATS = ("iso", *_UNITS, "html")


def _as_texts(given: object) -> object:
    # YAML reads `true:` and `1:` as no texts; in a map of values they mean what JSON has.
    if isinstance(given, dict):
        return {scalar(key): scalar(value) for key, value in given.items()}
    return given


type Texts = Annotated[dict[str, str], BeforeValidator(_as_texts)]


class FieldRule(BaseModel):
    """How one field is read. A plain text in YAML stands for `{path: text}`.

    `path` or `paths` (the first that has a value; with `join`, all of them); `value` is a constant;
    `values` translates what the CRM has; `default` is taken when there is nothing, or nothing that
    `values` knows; `format` is iso, unix, unix_ms or strptime's notation for dates, html for texts
    with tags; `zone` is where times without an offset are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = ""
    paths: tuple[str, ...] = ()
    value: str = ""
    values: Texts = Field(default_factory=dict)
    default: str = ""
    join: str | None = None
    format: str = "iso"
    zone: str = "UTC"

    _paths: tuple[JsonPath, ...] = PrivateAttr(default=())

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        return {"path": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = self.paths + ((self.path,) if self.path else ())
        if (self.path and self.paths) or bool(given) == bool(self.value):
            raise ValueError("give one of path, paths and value")
        if self.format not in _FORMATS and "%" not in self.format:
            raise ValueError(f"format: is none of {', '.join(_FORMATS)}, nor like %d.%m.%Y")
        try:
            self._paths = tuple(parse_path(text) for text in given)
            ZoneInfo(self.zone)
        except BadPath as error:
            raise ValueError(f"the path {error}") from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("zone: is no IANA time zone such as Asia/Shanghai") from error
        return self

    @property
    def fields(self) -> frozenset[str]:
        """What it reads of a document, as `contacts.value`."""
        return frozenset(field for path in self._paths for field in path.fields)

    @property
    def paths_given(self) -> tuple[JsonPath, ...]:
        """Its paths, read."""
        return self._paths

    @property
    def roots(self) -> frozenset[str]:
        """The document's fields that it reads from, as `contacts`."""
        return frozenset(path.root for path in self._paths)

    def all(self, document: Any) -> list[Any]:
        """Everything that its paths lead to, or the constant."""
        return (
            [self.value]
            if self.value
            else [value for path in self._paths for value in path.all(document)]
        )

    def texts(self, document: Any) -> list[str]:
        """All values as texts, translated, without empty ones."""
        return [text for value in self.all(document) if (text := self._text(value))]

    def text(self, document: Any) -> str:
        """The first value as text (all of them with `join`), or the default."""
        found = self.texts(document)
        if self.join is not None:
            return self.join.join(found)[:MAX_TEXT_CHARS] or self.default
        return found[0] if found else self.default

    def time(self, document: Any) -> datetime | None:
        """The first value as a moment in UTC; None if there is none that can be read."""
        for value in self.all(document):
            if (moment := self._moment(value)) is not None:
                return moment
        return None

    def day(self, document: Any) -> date | None:
        """The first value as a day, as written in the CRM; None if there is none."""
        for value in self.all(document):
            if (moment := self._local(value)) is not None:
                return moment.date()
        return None

    def number(self, document: Any) -> Decimal | None:
        """The first value as a number; None if there is none."""
        for value in self.all(document):
            text = scalar(value)
            try:
                number = Decimal(text)
            except InvalidOperation:
                continue
            if number.is_finite():
                return number
        return None

    def written(self, ours: str) -> str:
        """What the CRM calls a value of ours: `values` the other way round, its first that fits.

        Without `values` the same; empty if `values` has nothing for it.
        """
        if not self.values:
            return ours
        return next((theirs for theirs, mapped in self.values.items() if mapped == ours), "")

    def _text(self, value: Any) -> str:
        plain = scalar(value).strip()
        if value is False and "false" not in self.values:
            return ""  # some CRMs write false where others write null
        if self.values and not self.value:
            return self.values.get(plain, (self.default or plain) if plain else "")
        return (plain_text(plain) if self.format == "html" else plain)[:MAX_TEXT_CHARS]

    def _moment(self, value: Any) -> datetime | None:
        local = self._local(value)
        if local is None:
            return None
        try:
            return (
                local if local.tzinfo else local.replace(tzinfo=ZoneInfo(self.zone))
            ).astimezone(UTC)
        except OverflowError:
            return None

    def _local(self, value: Any) -> datetime | None:
        text = scalar(value).strip()
        try:
            if (unit := _UNITS.get(self.format)) is not None:
                return _EPOCH + timedelta(seconds=float(text) / unit)
            if self.format == "iso":
                return datetime.fromisoformat(text)
            return datetime.strptime(text, self.format)  # noqa: DTZ007  # its zone is set later
        except (ValueError, OverflowError):
            return None


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.words.append(" ")


def plain_text(html: str) -> str:
    """The words of a text with tags."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.words).split())
