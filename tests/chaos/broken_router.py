"""A router whose acceptance asks neither for the fence nor whether the offer is still open.

For the test of the checker: what it lets through must be found.
"""

from switchyard_router import main
from switchyard_router.adapters.redis import scripts

_whole = scripts.source
_CHECKS = (
    "if o.fence ~= A[2] then return {'STALE_FENCE'} end",
    "if o.state == 'RESCINDED' then return {'OFFER_RESCINDED'} end",
    "if o.state ~= 'PENDING' then return {'OFFER_TAKEN'} end",
)
_EXPIRED = "if o.state == 'TIMED_OUT' or"


def _sabotaged(name: str) -> str:
    text = _whole(name)
    if name != "accept_offer":
        return text
    for check in _CHECKS:
        if check not in text:
            raise SystemExit(f"the script no longer has this check to break: {check}")
        text = text.replace(check, "")
    return text.replace(_EXPIRED, "if false and")


if __name__ == "__main__":
    scripts.source = _sabotaged
    main.main()
