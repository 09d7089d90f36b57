"""Which role may call which RPC, and what the call touches: one table.

docs/security.md shows it to people; a test holds the two together.
"""

from typing import Any

from switchyard_common.admission import Caller, Rule, Touch
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.identity import Role

_SERVICE = "switchyard.crm.v1.CrmService"
_P, _A, _S, _D = Role.PLATFORM, Role.AGENT, Role.SUPERVISOR, Role.ADMIN
_CHANGE, _PERSONAL, _READ = Touch.CHANGE, Touch.PERSONAL, Touch.READ
_ADMINISTER = Touch.ADMINISTER

_TABLE: dict[str, tuple[tuple[Role, ...], Touch]] = {
    "Resolve": ((_P, _S, _A), _PERSONAL),
    "GetContext": ((_P, _S, _A), _PERSONAL),
    "StreamContext": ((_P, _S, _A), _PERSONAL),
    "LookupOrder": ((_P,), _PERSONAL),
    "VerifyCustomer": ((_P,), _PERSONAL),
    "SendCode": ((_P,), _CHANGE),
    "ChangeDeliveryAddress": ((_P, _S, _A), _CHANGE),
    "ArrangePayment": ((_P, _S, _A), _CHANGE),
    "ListBranches": ((_P, _S, _A), _READ),
    "ListAppointmentTimes": ((_P, _S, _A), _READ),
    "BookAppointment": ((_P, _S, _A), _CHANGE),
    "CancelAppointment": ((_P, _S, _A), _CHANGE),
    "IssueResetLink": ((_P,), _CHANGE),
    "RedeemResetLink": ((_P,), _CHANGE),
    "GetCase": ((_P, _S, _A), _PERSONAL),
    "LogInteraction": ((_P, _S, _A), _CHANGE),
    "CreateCase": ((_P, _S, _A), _CHANGE),
    "UpdateCase": ((_P, _S, _A), _CHANGE),
    "GetDelivery": ((_P, _S, _A), _READ),
    "RedriveDelivery": ((_S, _D), _ADMINISTER),
    "Link": ((_P, _S, _A), _CHANGE),
    "Unlink": ((_S, _A), _CHANGE),
    "Merge": ((_S,), _ADMINISTER),
    "Unmerge": ((_S,), _ADMINISTER),
    "ListReview": ((_S,), _READ),
    "DecideReview": ((_S,), _ADMINISTER),
    "SetConsent": ((_P, _S, _A), _CHANGE),
    "CheckContactable": ((_P, _S, _A), _READ),
    "ExportSubject": ((_D,), _PERSONAL),
    "EraseSubject": ((_D,), _ADMINISTER),
}


def rules() -> dict[str, Rule]:
    """The table as the door reads it, keyed by full method."""
    return {
        f"/{_SERVICE}/{method}": Rule(
            roles, touch, _in_own_name if method == "LogInteraction" else None
        )
        for method, (roles, touch) in _TABLE.items()
    }


async def _in_own_name(caller: Caller, request: Any) -> None:
    """Routers send customers to the agent they spoke with: nobody says that of a colleague."""
    agent = request.interaction.agent
    if caller.role is _A and agent not in ("", caller.identity.subject):
        raise DomainError(
            kind=ErrorKind.PERMISSION,
            reason="ROLE",
            message="interaction.agent: an agent logs in its own name; leave it out or give your "
            "own id",
        )
