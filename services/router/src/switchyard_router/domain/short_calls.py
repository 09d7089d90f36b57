"""What an agent's hang-ups cost, so that hanging up is never taken for speed.

Who is hung up on calls again. If a share s of an agent's services are hang-ups, each real service
stands for s / (1 - s) of them (the geometric distribution's mean), and each costs the caller a
service anew. Only what an agent has beyond everybody's share counts: what happens to all sets
nobody apart, and the rest is the line's fault as often as the agent's.
"""

import numpy as np

from switchyard_router.domain.handle_time_table import Floats

CALL_AGAIN_SECONDS = 60.0
"""Beyond the service itself: getting through, and the greeting, once more."""
_MOST_SHARE = 0.9


def call_again_odds(short_shares: Floats, usual_share: float) -> Floats:
    """Hang-ups beyond the usual for each real service of agents; 0 for who has no more of them."""
    share = np.minimum(short_shares, _MOST_SHARE)
    odds: Floats = np.maximum(0.0, share - usual_share) / (1 - share)
    return odds


def with_short_calls(seconds: Floats, odds: Floats) -> Floats:
    """Expected seconds until a contact is really served; `seconds` [contacts, agents]."""
    added: Floats = seconds + odds * (seconds + CALL_AGAIN_SECONDS)
    return added
