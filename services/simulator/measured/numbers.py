"""How the figures are made of what they count, each in the plainest way."""

from collections.abc import Sequence
from statistics import fmean

from services.simulator.measured.items import Item

Figures = dict[str, float | None]

_MEDIAN, _NINETIETH = 0.5, 0.9
PER_100, PER_1000 = 100.0, 1000.0


def of_part(items: Sequence[Item], part: str) -> list[Item]:
    return [item for item in items if item.part == part]


def total(items: Sequence[Item]) -> float:
    return sum(item.amount for item in items)


def share(items: Sequence[Item], of: float = 1.0) -> Figures:
    """Amount by base, and both."""
    amount, base = total(items), sum(item.base for item in items)
    value = of * amount / base if base else None
    return {"value": value, "numerator": amount, "denominator": base}


def spread(items: Sequence[Item], prefix: str = "") -> Figures:
    """Mean, median, 90th centile (both between two values where they fall there) and count."""
    amounts = sorted(item.amount for item in items)
    return {
        f"{prefix}mean": fmean(amounts) if amounts else None,
        f"{prefix}median": _centile(amounts, _MEDIAN),
        f"{prefix}p90": _centile(amounts, _NINETIETH),
        f"{prefix}count": float(len(amounts)),
    }


def people(items: Sequence[Item]) -> float:
    """Each person once."""
    return float(len({item.who for item in items}))


def _centile(amounts: Sequence[float], share_below: float) -> float | None:
    if not amounts:
        return None
    place = share_below * (len(amounts) - 1)
    below = int(place)
    above = min(below + 1, len(amounts) - 1)
    return amounts[below] + (place - below) * (amounts[above] - amounts[below])
