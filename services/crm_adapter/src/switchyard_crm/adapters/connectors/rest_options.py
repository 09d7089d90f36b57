"""What an operator writes about a CRM of their own; docs/crm-rest.md explains it by an example."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.paths import BadPath, JsonPath, parse_path, scalar
from switchyard_crm.adapters.connectors.rest_templates import (
    BadTemplate,
    Body,
    Text,
    Values,
    body_template,
    path_template,
    text_template,
    variables_of,
)

_ABOUT_A_RECORD = frozenset({"id", "limit"})
_KEYED = frozenset({"key"})


def _as_path(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return parse_path(given)
    except BadPath as error:
        raise ValueError(f"the path {error}") from None


def _as_text(given: object) -> object:
    # YAML reads `page: 1` as a number and `all: true` as a truth.
    return scalar(given) if isinstance(given, bool | int | float) else given


type Path = Annotated[JsonPath, BeforeValidator(_as_path)]
type Template = Annotated[str, BeforeValidator(_as_text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A request as it is sent. A parameter without a value is left out."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    form: dict[str, str] | None


def _present(texts: tuple[Text, ...], values: Values) -> list[str]:
    return [text for template in texts if (text := template.render(values))]


class Auth(_Part):
    """How the CRM knows us. Secrets stand under the connector's `credentials`: `user` and
    `password` for basic, `token` for bearer, `key` for header, whose name is `header`."""

    kind: Literal["none", "basic", "bearer", "header"]
    header: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")

    _SECRETS: ClassVar = {
        "none": frozenset[str](),
        "basic": frozenset({"user", "password"}),
        "bearer": frozenset({"token"}),
        "header": frozenset({"key"}),
    }

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind == "header") != bool(self.header):
            raise ValueError("header: give the name of the header for kind header, and only there")
        return self

    @property
    def secrets(self) -> frozenset[str]:
        """The credentials that are needed."""
        needed: frozenset[str] = self._SECRETS[self.kind]
        return needed


class Envelope(_Part):
    """A CRM that answers 200 and says in the body what went wrong: where, and what its words mean.

    What stands nowhere is Invalid.
    """

    path: Path
    ok: tuple[Template, ...]
    not_found: tuple[Template, ...] = ()
    unauthorized: tuple[Template, ...] = ()
    rate_limited: tuple[Template, ...] = ()
    unavailable: tuple[Template, ...] = ()


class Paging(_Part):
    """How more is asked for. `page`: a number in `param` that begins at `first` and grows by
    `step`. `cursor`: what stands at `path` of an answer goes into `param`. `link`: the header Link
    (RFC 8288). Without paging there is one page."""

    kind: Literal["page", "cursor", "link"]
    param: str = ""
    first: int = 1
    step: int = Field(default=1, ge=1)
    path: Path | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind == "link") == bool(self.param):
            raise ValueError("param: name the parameter for page and cursor, and none for link")
        if (self.kind == "cursor") != (self.path is not None):
            raise ValueError("path: say where the next cursor stands, for cursor and only there")
        return self


class Request(_Part):
    """One call and what to take from its answer: `list` leads to the things in it."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    query: dict[str, Template | tuple[Template, ...]] = Field(default_factory=dict)
    headers: dict[str, Template] = Field(default_factory=dict)
    body: Any = None
    form: dict[str, Template] = Field(default_factory=dict)
    list: Path | None = None

    variables: ClassVar[frozenset[str]] = frozenset()
    _path: Text = PrivateAttr()
    _query: dict[str, tuple[Text, ...]] = PrivateAttr()
    _headers: dict[str, Text] = PrivateAttr()
    _form: dict[str, Text] = PrivateAttr()
    _body: Body | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.body is not None and self.form:
            raise ValueError("give body or form")
        self._path = self._compiled("path", path_template, self.path)
        self._query = {
            name: tuple(
                self._compiled(f"query.{name}", text_template, text)
                for text in ((given,) if isinstance(given, str) else given)
            )
            for name, given in self.query.items()
        }
        self._headers = self._texts("headers", self.headers)
        self._form = self._texts("form", self.form)
        if self.body is not None:
            self._body = self._compiled("body", body_template, self.body)
        return self

    def _texts(self, part: str, given: dict[str, str]) -> dict[str, Text]:
        return {
            name: self._compiled(f"{part}.{name}", text_template, text)
            for name, text in given.items()
        }

    def _compiled(self, place: str, compiler: Any, source: Any) -> Any:
        try:
            return compiler(source, self.variables)
        except BadTemplate as error:
            raise ValueError(f"{place}: {error}") from None

    def rendered(self, values: Values) -> Rendered:
        """The request for these values. Raises Invalid for values that it cannot take."""
        return Rendered(
            self.method,
            self._path.render(values),
            {name: _present(texts, values) for name, texts in self._query.items()},
            {name: text.render(values) for name, text in self._headers.items()},
            self._body.render(values) if self._body is not None else None,
            {name: text.render(values) for name, text in self._form.items()} or None,
        )

    @property
    def used(self) -> frozenset[str]:
        """The variables that the request holds."""
        return variables_of([self.path, self.query, self.headers, self.form, self.body])


class Listing(Request):
    """A call that may have several pages."""

    paging: Paging | None = None


class FindPhone(Listing):
    """By number. `notations` asks once for each of them, as `phone`; the CRM that compares numbers
    and not texts needs none."""

    variables = frozenset({"phone", "national", "digits", "limit"})
    notations: bool = False


class FindEmail(Listing):
    """By address, in lower case."""

    variables = frozenset({"email", "limit"})


class FindHandle(Listing):
    """By a handle such as a WeChat openid; `namespace` is the app."""

    variables = frozenset({"namespace", "value", "limit"})


class Find(_Part):
    """How people are found; at least one way."""

    phone: FindPhone | None = None
    email: FindEmail | None = None
    handle: FindHandle | None = None

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.phone is None and self.email is None and self.handle is None:
            raise ValueError("give phone, email or handle")
        return self


class OfRecord(Request):
    """About one person, whose id there is `id`."""

    variables = _ABOUT_A_RECORD


class ListOfRecord(Listing):
    """Things of one person; `limit` is how many are wanted."""

    variables = _ABOUT_A_RECORD


class GetCase(Request):
    """One case."""

    variables = frozenset({"number"})


class Lookup(Listing):
    """Finds what an earlier try with the same key made: `key_path` is where the key stands in it.

    What is found is compared here, so that a search for texts will do.
    """

    key_path: FieldRule


class _Write(Request):
    """A write happens once per key. Either the CRM sees to that (`idempotent`, with the key in the
    request), or `lookup` finds what is there already."""

    idempotent: bool = False
    lookup: Any = None

    @model_validator(mode="after")
    def _is_once(self) -> Self:
        if self.method == "GET":
            raise ValueError("method: a write is no GET")
        if "key" not in self.used:
            raise ValueError("send the key: put {{ key }} where the CRM keeps or checks it")
        if self.idempotent == (self.lookup is not None):
            raise ValueError("give lookup, or idempotent: true if the CRM itself refuses repeats")
        return self


_NOTED = frozenset({"channel", "time", "summary", "agent", "disposition", "contact"})
_OPENED = frozenset({"subject", "description", "priority", "order_number"})


class _RecordLookup(Lookup):
    variables = _KEYED | _ABOUT_A_RECORD


class _CaseLookup(Lookup):
    variables = _KEYED | {"number", "limit"}


class LogInteraction(_Write):
    """Note a contact; `id_path` is where the new entry's id stands in it."""

    variables = _KEYED | _NOTED | {"id"}
    lookup: _RecordLookup | None = None
    id_path: FieldRule = FieldRule(path="id")


class CreateCase(_Write):
    """Open a case; the answer, or what `get_case` shows of it, is the case."""

    variables = _KEYED | _OPENED | {"id"}
    lookup: _RecordLookup | None = None


class UpdateCase(_Write):
    """Change a case. Its lookup finds the change, for instance the comment that it left."""

    variables = _KEYED | {"number", "state", "comment", "public"}
    lookup: _CaseLookup | None = None


class ChangesSince(Listing):
    """People that changed at `since` or later, oldest change first. `removed` is a field of those
    that were removed. The mapping has to say when one changed: `profile.observed`."""

    variables = frozenset({"since", "since_unix", "since_unix_ms", "limit"})
    removed: FieldRule | None = None
    tick_seconds: float = Field(default=1.0, gt=0, le=3600)
    overlap_seconds: float = Field(default=60.0, ge=0, le=86_400)


class Health(Request):
    """A cheap call that needs the credentials; `time` is where the CRM tells its own."""

    time: FieldRule | None = None


class Operations(_Part):
    """What the CRM can do: an operation that is not described is not declared."""

    health: Health
    find: Find | None = None
    get: OfRecord | None = None
    timeline: ListOfRecord | None = None
    open_cases: ListOfRecord | None = None
    orders: ListOfRecord | None = None
    get_case: GetCase | None = None
    log_interaction: LogInteraction | None = None
    create_case: CreateCase | None = None
    update_case: UpdateCase | None = None
    changes: ChangesSince | None = None
    erase: OfRecord | None = None


class RestOptions(_Part):
    """The options of a connector of the kind `rest`."""

    auth: Auth
    operations: Operations
    envelope: Envelope | None = None
