"""What was measured, against its goal: kept as JSON, shown as a table and as a plot."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import machine

FOLDER = Path(__file__).parent / "results"
HIGHER, LOWER = "at least", "at most"


@dataclass(frozen=True)
class Figure:
    """One figure over all its repetitions. The median is held against the goal.

    `goal` None: shown for comparison only.
    """

    name: str
    unit: str
    values: list[float]
    goal: float | None = None
    better: str = HIGHER

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        met = self.middle >= self.goal if self.better == HIGHER else self.middle <= self.goal
        return "met" if met else "missed"


@dataclass(frozen=True)
class Results:
    """A benchmark's figures, and every single measurement behind them."""

    name: str
    figures: list[Figure]
    repetitions: dict[str, Any] = field(default_factory=dict)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours over theirs, one after the other as they were run."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def keep(results: Results, broker: str, *, quick: bool) -> Path:
    """The JSON file that the results were written to."""
    FOLDER.mkdir(exist_ok=True)
    said = {
        "name": results.name,
        "machine": machine(),
        "broker": broker,
        "quick": quick,
        "figures": [
            {**asdict(f), "median": f.middle, "verdict": f.verdict} for f in results.figures
        ],
        "repetitions": results.repetitions,
    }
    path = FOLDER / f"{results.name}-{broker}{'-quick' if quick else ''}.json"
    path.write_text(json.dumps(said, indent=2) + "\n")
    return path


def kept_figures(broker: str) -> list[Figure]:
    """The figures of every benchmark's last full run on a broker."""
    names = [each.name for each in fields(Figure)]
    return [
        Figure(**{name: said[name] for name in names})
        for path in sorted(FOLDER.glob(f"*-{broker}.json"))
        for said in json.loads(path.read_text())["figures"]
    ]


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text: median, lowest, highest, goal, verdict."""
    rows = [("figure", "median", "lowest", "highest", "unit", "goal", "")]
    rows += [
        (
            f.name,
            _short(f.middle),
            _short(min(f.values)),
            _short(max(f.values)),
            f.unit,
            f"{f.better} {_short(f.goal)}" if f.goal is not None else "",
            f.verdict,
        )
        for f in figures
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Every ratio as a bar from its lowest to its highest run, with its goal as a line."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    shown = [f for f in figures if f.unit == "ratio" and f.better == HIGHER]
    if not shown:
        return
    picture, axes = pyplot.subplots(figsize=(9, 1 + 0.6 * len(shown)), layout="constrained")
    for at, figure in enumerate(shown):
        low, high = figure.middle - min(figure.values), max(figure.values) - figure.middle
        axes.barh(at, figure.middle, xerr=[[low], [high]], color="#005eb8", height=0.6)
        if figure.goal is not None:
            axes.plot([figure.goal] * 2, [at - 0.4, at + 0.4], color="#212b32", linewidth=3)
    axes.set_yticks(range(len(shown)), [f.name for f in shown])
    axes.invert_yaxis()
    axes.set_xlabel("times as fast (bar: median; whisker: lowest to highest; mark: goal)")
    picture.savefig(path, dpi=120)
    pyplot.close(picture)
