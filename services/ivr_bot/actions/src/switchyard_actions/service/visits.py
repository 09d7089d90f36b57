"""What flows need to know of branches, and to book visits."""

from datetime import datetime
from typing import Protocol

from switchyard_actions.domain.branches import Appointment, Branch, FreeTimes
from switchyard_actions.domain.holders import Holder
from switchyard_actions.domain.language import Language

TIME_TAKEN = "TIME_TAKEN"
"""`Declined.reason`: somebody else was quicker."""

TOO_MANY = "TOO_MANY_APPOINTMENTS"
"""`Declined.reason`: the holder has as many as one may have."""


class Visits(Protocol):
    """Branches, and appointments there. All raise Unavailable and Declined."""

    async def branches(self, query: str, language: Language) -> tuple[Branch, ...]:
        """Those that fit words of a name, area or address in any language, best first; at most 50.

        An empty query gives all.
        """
        ...

    async def free_times(self, branch: str, not_before: datetime, most: int) -> FreeTimes:
        """The next free times from a moment on, at most 20 of 30 days."""
        ...

    async def book(
        self, holder: Holder, branch: str, start: datetime, purpose: str, request_id: str
    ) -> Appointment:
        """Books a free time. Declined with TIME_TAKEN, TOO_MANY or another reason."""
        ...

    async def cancel(self, holder: Holder, number: str, request_id: str) -> Appointment:
        """Gives an appointment up; Declined NOT_THEIRS unless it is the holder's."""
        ...
