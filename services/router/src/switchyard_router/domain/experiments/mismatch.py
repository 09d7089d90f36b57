"""Whether arms came in the shares they were dealt: if not, nothing else can be believed."""

from collections.abc import Sequence

import numpy as np
from scipy.special import gammaln

_STRENGTH = 100.0
"""How near to the dealt shares deviations are looked for: a Dirichlet prior of so many draws."""


def mismatch_evidence(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Natural logarithm of the evidence against the shares, good at any number of looks.

    Above -log(alpha) at any time: wrong with probability below alpha. The Bayes factor of a
    multinomial with a Dirichlet prior around the shares; Lindon and Malek (2022), equation (9).
    """
    seen = np.asarray(counts, dtype=np.float64)
    dealt = np.asarray(shares, dtype=np.float64)
    prior = _STRENGTH * dealt
    after = gammaln(prior + seen).sum() - gammaln(prior.sum() + seen.sum())
    before = gammaln(prior).sum() - gammaln(prior.sum())
    return float(after - before - (seen * np.log(dealt)).sum())
