"""The XML of WeChat official accounts: flat, small, and without anything that could expand."""

from xml.parsers import expat

from switchyard_gateway.domain.errors import bad_field

_DEEPEST = 4
_MOST_ELEMENTS = 200


def parse(body: bytes) -> dict[str, str]:
    """Texts by name of the elements right under the root.

    INVALID (BAD_XML) for what is no XML or has a document type: there alone entities are declared,
    so neither a billion laughs nor a file of this machine can get in.
    """
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise bad_field("body", "must be XML", "BAD_XML") from error
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._elements = 0

    def doctype(self, *_: object) -> None:
        raise bad_field("body", "must have no document type", "BAD_XML")

    def start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name)
        self._elements += 1
        if len(self._path) > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise bad_field("body", "is nested too deep or too long", "BAD_XML")
        if len(self._path) == 2:
            self.found.setdefault(name, "")

    def end(self, _: str) -> None:
        self._path.pop()

    def text(self, data: str) -> None:
        if len(self._path) == 2:
            self.found[self._path[1]] += data


def cdata(text: str) -> str:
    """Text that stays text whatever it holds."""
    kept = "".join(char for char in text if _fits(char))
    return f"<![CDATA[{kept.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _fits(char: str) -> bool:
    """Whether XML 1.0 can hold the character (2.2)."""
    if char < " ":
        return char in "\t\n\r"
    return not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
