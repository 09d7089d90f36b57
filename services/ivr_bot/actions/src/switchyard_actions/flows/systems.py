"""What flows are built over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from switchyard_actions.domain.knowledge import Knowledge
from switchyard_actions.domain.texts import Texts
from switchyard_actions.service.accounts import Accounts
from switchyard_actions.service.callbacks import Callbacks, CallPermissions
from switchyard_actions.service.cases import Cases
from switchyard_actions.service.ports import Verifier
from switchyard_actions.service.visits import Visits


@dataclass(frozen=True, slots=True)
class Systems:
    """The ports, the texts, and the company's own time: `now` has its time zone.

    `country` (ISO 3166-1 alpha-2) is where telephone numbers without a country code are at home.
    """

    verifier: Verifier
    accounts: Accounts
    cases: Cases
    visits: Visits
    callbacks: Callbacks
    permissions: CallPermissions
    knowledge: Knowledge
    texts: Texts
    now: Callable[[], datetime]
    country: str
