"""`python -m benchmarks [names...] [--quick] [--broker kafka]`: run, tell, keep."""

import argparse
import asyncio

from benchmarks.machine import EMBEDDED, KAFKA
from benchmarks.results import FOLDER, Figure, keep, kept_figures, plot, table
from benchmarks.suites import SUITES


def main() -> int:
    """0 where every goal that was measured is met."""
    asked = _arguments()
    figures: list[Figure] = []
    for name in asked.names or SUITES:
        print(f"{name}:", flush=True)
        results = asyncio.run(SUITES[name](asked.broker, quick=asked.quick))
        path = keep(results, asked.broker, quick=asked.quick)
        print(f"{table(results.figures)}\n  kept in {path.name}\n", flush=True)
        figures += results.figures
    print(table([figure for figure in figures if figure.goal is not None]))
    if not asked.quick:
        plot(kept_figures(asked.broker), FOLDER / f"ratios{_of(asked.broker)}.png")
    return int(any(figure.verdict == "missed" for figure in figures) and not asked.quick)


def _of(broker: str) -> str:
    return "" if broker == EMBEDDED else f"-{broker}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SUITES, []], help="all of them by default")
    parser.add_argument("--quick", action="store_true", help="few events: does it run?")
    parser.add_argument("--broker", choices=[EMBEDDED, KAFKA], default=EMBEDDED)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
