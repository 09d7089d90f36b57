"""What happened with a contact in BottleCRM, and its open tickets."""

import re
from collections.abc import Sequence

from switchyard_crm.adapters.connectors.bottlecrm_api import (
    BottleApi,
    Document,
    checked_id,
    commented,
    document,
    documents,
    logged,
    moment,
    ticket,
)
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.together import together
from switchyard_crm.domain.customer import CLOSED, Case, Interaction
from switchyard_crm.service.connectors import Invalid, TimelinePage

_CURSOR = re.compile(r"(\d{1,9})\.(\d{1,9})")
_MAX_PAGE = 199
_OPEN = ("New", "Assigned", "Pending")
_SHOWN_CASES = 10  # a contact's page shows its ten newest tickets
_CASE_ROWS = 200
_MAX_CASE_PAGES = 5


class ContactHistory:
    """Reads what is not the contact itself."""

    def __init__(self, api: BottleApi, mapper: Mapper) -> None:
        self._api = api
        self._mapper = mapper

    async def timeline(self, source_id: str, limit: int, cursor: str) -> TimelinePage:
        """As `Connector.timeline`: interactions and the contact's comments, newest first.

        The cursor counts both. What is noted while somebody pages makes an entry come twice.
        """
        noted, said = _counted(cursor)
        wanted = min(limit, _MAX_PAGE)
        interactions, comments = await together(
            [self._interactions(source_id, noted, wanted + 1), self._comments(source_id)]
        )
        left = [*interactions, *comments[said:]]
        left.sort(key=lambda entry: entry[1].time, reverse=True)
        page = left[:wanted]
        noted += sum(1 for comment, _ in page if not comment)
        said += sum(1 for comment, _ in page if comment)
        following = f"{noted}.{said}" if len(left) > wanted else ""
        return TimelinePage(tuple(entry for _, entry in page), following)

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """As `Connector.open_cases`. Of somebody with more than ten tickets the list of all open
        tickets is searched, up to a thousand of them."""
        shown = await self._shown(source_id)
        rows = documents(shown, "cases")
        cases = [self._mapper.case(ticket(row)) for row in rows]
        if len(rows) >= _SHOWN_CASES and sum(map(_is_open, cases)) < limit:
            cases += await self._older(source_id, {case.number for case in cases})
        still_open = [case for case in cases if _is_open(case)]
        still_open.sort(key=lambda case: case.update_time, reverse=True)
        return still_open[:limit]

    async def _interactions(
        self, source_id: str, offset: int, limit: int
    ) -> list[tuple[bool, Interaction]]:
        asked = {"contact": checked_id(source_id), "limit": limit, "offset": offset}
        answer = await self._api.call("GET", "interactions/", asked)
        rows = documents(answer.body, "interactions")
        return [(False, self._mapper.interaction(logged(row))) for row in rows]

    async def _comments(self, source_id: str) -> list[tuple[bool, Interaction]]:
        """All comments, newest first: they come with the contact, and not in any order."""
        rows = documents(await self._shown(source_id), "comments")
        rows.sort(key=lambda row: (str(moment(row.get("commented_on"))), str(row.get("id"))))
        return [(True, self._mapper.interaction(commented(row))) for row in reversed(rows)]

    async def _shown(self, source_id: str) -> Document:
        answer = await self._api.call("GET", f"contacts/{checked_id(source_id)}/")
        document(answer.body, "contact_obj")
        shown: Document = answer.body
        return shown

    async def _older(self, source_id: str, known: set[str]) -> list[Case]:
        """Open tickets of a contact that its page does not show."""
        found = []
        for page in range(_MAX_CASE_PAGES):
            asked = {
                "status": list(_OPEN),
                "slim": "true",
                "limit": _CASE_ROWS,
                "offset": page * _CASE_ROWS,
            }
            rows = documents((await self._api.call("GET", "cases/", asked)).body, "cases")
            mine = (row for row in rows if source_id in _contacts(row))
            found += [self._mapper.case(ticket(row)) for row in mine]
            if len(rows) < _CASE_ROWS:
                break
        return [case for case in found if case.number not in known]


def _contacts(row: Document) -> set[str]:
    return {str(contact.get("id")) for contact in documents(row, "contacts")}


def _is_open(case: Case) -> bool:
    return case.state != CLOSED


def _counted(cursor: str) -> tuple[int, int]:
    """How many interactions and comments were told. Raises Invalid."""
    if not cursor:
        return 0, 0
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise Invalid("the cursor of the timeline cannot be read; start without one")
    return int(match[1]), int(match[2])
