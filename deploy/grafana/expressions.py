"""Expressions of Prometheus. Every replica tells the same figures: the greatest is taken."""

from collections.abc import Sequence
from typing import Final

PLACE: Final = ("provider", "site", "ward")
SITE: Final = ("provider", "site")


def one(series: str, *labels: str, chosen: Sequence[str] = PLACE) -> str:
    """A gauge by these labels, in what is chosen of them on the dashboard."""
    narrowed = ",".join(f'{name}=~"${name}"' for name in labels if name in chosen)
    said = f"throughline_{series}" + (f"{{{narrowed}}}" if narrowed else "")
    return f"max by ({', '.join(labels)}) ({said})" if labels else f"max({said})"


def by_site(series: str, *, chosen: Sequence[str] = PLACE) -> str:
    """A gauge of wards, added up by site."""
    return f"sum by (provider, site) ({one(series, *PLACE, chosen=chosen)})"


def rate(series: str, *labels: str) -> str:
    """How much a counter grows in a second, by these labels."""
    return f"sum by ({', '.join(labels)}) (rate(throughline_{series}[$__rate_interval]))"


def slowest(series: str, *labels: str) -> str:
    """What one in 20 of a histogram takes longer than."""
    by = ", ".join((*labels, "le"))
    return f"histogram_quantile(0.95, sum by ({by}) (rate({series}_bucket[$__rate_interval])))"
