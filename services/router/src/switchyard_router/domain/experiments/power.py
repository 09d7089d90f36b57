"""How many draws a comparison needs to see a difference that is worth seeing."""

from dataclasses import dataclass
from math import ceil, sqrt

from scipy.special import ndtri

from switchyard_router.domain.experiments.intervals import half_width, rho_of


@dataclass(frozen=True, slots=True)
class Sample:
    """Draws of both arms together: for one look at the end, and for looking at any time."""

    once: int
    always: int


def sample(
    spread: float, worth: float, share: float, *, alpha: float = 0.05, power: float = 0.8
) -> Sample:
    """Draws needed to tell a difference of `worth` with this power.

    `spread`: standard deviation of one draw, in the unit of `worth`; `share`: of the second arm.
    Once: (z_alpha/2 + z_power)^2 * spread^2 * (1/share + 1/(1-share)) / worth^2, Lachin (1981).
    Always: the least number after which `worth` is half the look-safe width plus z_power standard
    errors, the sequence being tuned for that number. Raises ValueError for what cannot be.
    """
    if not (spread > 0 and worth > 0):
        raise ValueError("spread and worth must be above 0")
    if not (0 < share < 1 and 0 < alpha < 1 and 0 < power < 1):
        raise ValueError("share, alpha and power must be between 0 and 1")
    single = spread * sqrt(1 / share + 1 / (1 - share))
    needed = (float(ndtri(1 - alpha / 2)) + float(ndtri(power))) * single / worth
    low = max(2, ceil(needed * needed))
    high = low
    while not _enough(high, single, worth, alpha, power):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if _enough(middle, single, worth, alpha, power):
            high = middle
        else:
            low = middle + 1
    return Sample(max(2, ceil(needed * needed)), high)


def _enough(units: int, single: float, worth: float, alpha: float, power: float) -> bool:
    error = single / sqrt(units)
    width = half_width(error, units, alpha, rho_of(alpha, units))
    return worth >= width + float(ndtri(power)) * error
