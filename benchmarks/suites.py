"""The benchmarks by name: what each runs, in which order, and the goals it is held against."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from benchmarks import (
    hl7v2,
    intake,
    latency,
    measures,
    memory,
    mllp,
    projections,
    record,
    whole_way,
)
from benchmarks.rate import Rate
from benchmarks.results import LOWER, Figure, Results, ratios

REPETITIONS = 3
# Too few for true figures, enough to see that everything runs.
QUICK_EVENTS, QUICK_REPETITIONS, QUICK_SECONDS = 30_000, 1, 3

RunOnce = Callable[[str, int, str], Awaitable[Rate]]
Rates = dict[str, list[Rate]]


async def in_turn(run_once: RunOnce, events: dict[str, int], broker: str, *, quick: bool) -> Rates:
    """Every contender's runs, A B C A B C: what slows the machine down slows all of them."""
    rates: Rates = {name: [] for name in events}
    for _ in range(QUICK_REPETITIONS if quick else REPETITIONS):
        for name, many in events.items():
            count = min(many, QUICK_EVENTS) if quick else many
            rates[name].append(await run_once(name, count, broker))
            print(f"  {name}: {rates[name][-1].per_s:,.0f} events/s", flush=True)
    return rates


def per_s(rates: Sequence[Rate]) -> list[float]:
    return [rate.per_s for rate in rates]


def shown(rates: Rates) -> list[Figure]:
    """Each contender's own figures, for comparison."""
    fast = [Figure(name, "events/s", per_s(runs)) for name, runs in rates.items()]
    cost = [
        Figure(f"{name}, processor time", "µs/event", [rate.cpu_us for rate in runs])
        for name, runs in rates.items()
    ]
    return fast + cost


def kept(rates: Rates) -> dict[str, list[dict[str, float]]]:
    """Every run as JSON holds it."""
    return {name: [rate._asdict() for rate in runs] for name, runs in rates.items()}


async def run_intake(broker: str, *, quick: bool) -> Results:
    """Ours against one event at a time on Faust and against Quix Streams."""
    rates = await in_turn(intake.run_once, intake.EVENTS, broker, quick=quick)
    ours = per_s(rates[intake.OURS])
    against_faust = ratios(ours, per_s(rates[intake.FAUST]))
    against_quix = ratios(ours, per_s(rates[intake.QUIX]))
    compared = [
        Figure("intake, ours / idiomatic Faust", "ratio", against_faust, 5.0),
        Figure("intake, ours / Quix Streams", "ratio", against_quix, 1.0),
    ]
    # Steadier than the clock where other programs take their share of the cores.
    by_processor = [
        Figure(
            f"intake per processor second, ours / {name}",
            "ratio",
            ratios([r.cpu_us for r in rates[name]], [r.cpu_us for r in rates[intake.OURS]]),
        )
        for name in (intake.FAUST, intake.QUIX)
    ]
    return Results("intake", compared + by_processor + shown(rates), kept(rates))


async def run_projections(broker: str, *, quick: bool) -> Results:
    """Each projection against a bare loop that stores the same events."""
    names = (projections.BARE, projections.TIMELINE, projections.FLOW)
    counts = dict.fromkeys(names, projections.EVENTS)
    rates = await in_turn(projections.run_once, counts, broker, quick=quick)
    bare = per_s(rates[projections.BARE])
    compared = [
        Figure(f"{name} projection / bare loop", "ratio", ratios(per_s(rates[name]), bare), 0.5)
        for name in names[1:]
    ]
    return Results("projections", compared + shown(rates), kept(rates))


async def run_whole_way(broker: str, *, quick: bool) -> Results:
    """Bytes in to everything stored."""

    async def run_once(_: str, events: int, broker: str) -> Rate:
        return await whole_way.run_once(events, broker)

    rates = await in_turn(run_once, {"whole way": whole_way.EVENTS}, broker, quick=quick)
    figures = [Figure("whole way", "events/s", per_s(rates["whole way"]), 5_000.0)]
    return Results("whole_way", figures + shown(rates)[1:], kept(rates))


async def run_latency(broker: str, *, quick: bool) -> Results:
    """Published to readable at 200 events a second."""
    seconds = QUICK_SECONDS if quick else latency.SECONDS
    runs = [
        await latency.run_once(seconds, broker)
        for _ in range(QUICK_REPETITIONS if quick else REPETITIONS)
    ]
    middle = [latency.centile(run, 0.5) * 1000 for run in runs]
    ninety_ninth = [latency.centile(run, 0.99) * 1000 for run in runs]
    longest = [run[-1] * 1000 for run in runs]
    figures = [
        Figure("latency, median", "ms", middle, 150.0, LOWER),
        Figure("latency, 99th centile", "ms", ninety_ninth, 500.0, LOWER),
        Figure("latency, longest", "ms", longest),
    ]
    shares = [share / 100 for share in range(0, 101, 5)]
    centiles = [[round(latency.centile(run, s) * 1000, 1) for s in shares] for run in runs]
    return Results("latency", figures, {"every_fifth_centile_ms": centiles})


async def run_mllp(broker: str, *, quick: bool) -> Results:
    """HL7 v2 over MLLP: as fast as it is taken, then 500 messages a second and how long each waits.

    A worker on the same machine projects what is taken meanwhile.
    """
    count = mllp.PER_S * QUICK_SECONDS if quick else mllp.MESSAGES
    seconds = QUICK_SECONDS if quick else mllp.SECONDS
    fast, paced = [], []
    for _ in range(QUICK_REPETITIONS if quick else REPETITIONS):
        fast.append(await mllp.run_once(count, broker))
        paced.append(await mllp.run_once(mllp.PER_S * seconds, broker, mllp.PER_S))
        print(f"  mllp: {fast[-1].per_s:,.0f} messages/s", flush=True)
    waits = [[latency.centile(run.took, s) * 1000 for run in paced] for s in (0.5, 0.95, 0.99)]
    figures = [
        Figure("MLLP, acknowledged as fast as sent", "messages/s", [r.per_s for r in fast], 500.0),
        Figure("MLLP, acknowledged of 500 sent a second", "messages/s", [r.per_s for r in paced]),
        Figure("MLLP acknowledgement at 500 a second, median", "ms", waits[0]),
        Figure("MLLP acknowledgement at 500 a second, 95th centile", "ms", waits[1]),
        Figure("MLLP acknowledgement at 500 a second, 99th centile", "ms", waits[2], 500.0, LOWER),
        Figure("MLLP, processor time", "µs/message", [run.cpu_us for run in fast]),
    ]
    shares = [share / 100 for share in range(0, 101, 5)]
    centiles = [[round(latency.centile(r.took, s) * 1000, 1) for s in shares] for r in paced]
    return Results("mllp", figures, {"every_fifth_centile_ms": centiles})


async def run_memory(broker: str, *, quick: bool) -> Results:
    """One long run: the worker's memory may not grow with what it has done."""
    counts = (QUICK_EVENTS, 3 * QUICK_EVENTS) if quick else (memory.EARLY, memory.LATE)
    found = await memory.run_once(*counts, broker)
    growth = found["late_mb"] / found["early_mb"]
    figures = [
        Figure("memory, late / early", "ratio", [growth], 1.1, LOWER),
        Figure(f"memory at {counts[0]:,} events", "MB", [found["early_mb"]]),
        Figure(f"memory at {counts[1]:,} events", "MB", [found["late_mb"]]),
    ]
    return Results("memory", figures, dict(found))


async def run_hl7v2(_: str, *, quick: bool) -> Results:
    """Reading HL7 v2 into facts against another library and against splitting it only."""
    figures: list[Figure] = []
    runs: dict[str, list[dict[str, float]]] = {}
    for name, make in (("typical", hl7v2.typical), ("3 kB", hl7v2.large)):
        count = QUICK_EVENTS // 100 if quick else hl7v2.MESSAGES
        rounds = QUICK_REPETITIONS if quick else hl7v2.ROUNDS
        runs[name] = [hl7v2.run_once(make, count) for _ in range(rounds)]
        by = {each: [run[each] for run in runs[name]] for each in hl7v2.CONTENDERS}
        figures += [
            Figure(f"HL7 v2 {name}, read", "µs/message", by[hl7v2.OURS], 200.0, LOWER),
            Figure(
                f"HL7 v2 {name}, ours / hl7.parse",
                "ratio",
                ratios(by[hl7v2.LIBRARY], by[hl7v2.OURS]),
                1.0,
            ),
            Figure(
                f"HL7 v2 {name}, ours / splitting only",
                "ratio",
                ratios(by[hl7v2.SPLIT], by[hl7v2.OURS]),
            ),
        ]
    return Results("hl7v2", figures, runs)


async def run_measures(_: str, *, quick: bool) -> Results:
    """Figures and breakdowns of 1,000,000 stays of 500,000 people."""
    runs = [await measures.run_once(quick=quick)]
    slowest = sorted(runs[0].figures + runs[0].breakdowns, key=lambda one: -one.took_ms)
    figures = [
        Figure("a figure, median", "ms", [run.figure_ms(50) for run in runs], 20.0, LOWER),
        Figure("a figure, 99th centile", "ms", [run.figure_ms(99) for run in runs], 100.0, LOWER),
        Figure(
            "slowest breakdown over a year",
            "ms",
            [run.slowest_breakdown_ms for run in runs],
            500.0,
            LOWER,
        ),
        # A quarter of the second within which a board shows it.
        Figure("a change seen", "ms", runs[0].changes_ms, 250.0, LOWER),
        Figure("first load", "s", [run.load_s for run in runs]),
        Figure("memory after it", "MB", [run.memory_mb for run in runs]),
    ]
    return Results("measures", figures, {"slowest_ms": [one._asdict() for one in slowest]})


async def run_record(_: str, *, quick: bool) -> Results:
    """A record read from `serve`: the same of 500,000 timeline entries and of 5,000,000."""
    runs = {people: await record.run_once(people, quick=quick) for people in record.PEOPLE}
    figures: list[Figure] = []
    for people, run in runs.items():
        of = f"{people * 5:,} entries"
        pages = [[latency.centile(run.pages, share) * 1000] for share in (0.5, 0.99)]
        beside = [latency.centile(run.pages_beside_streams, 0.99) * 1000]
        figures += [
            Figure(f"timeline page, median, {of}", "ms", pages[0]),
            Figure(f"timeline page, 99th centile, {of}", "ms", pages[1], 50.0, LOWER),
            Figure(f"timeline page beside 500 streams, 99th centile, {of}", "ms", beside),
            Figure(
                f"whole story of 1,000 entries, {of}",
                "ms",
                [took * 1000 for took in run.stories],
                300.0,
                LOWER,
            ),
            Figure(f"500 open streams, {of}", "cores", [run.idle_streams_cpu]),
        ]
    shares = [share / 100 for share in range(0, 101, 5)]
    centiles = {
        str(people): [round(latency.centile(run.pages, s) * 1000, 1) for s in shares]
        for people, run in runs.items()
    }
    return Results("record", figures, {"every_fifth_centile_ms": centiles})


class Suite(Protocol):
    """Runs a benchmark on a broker."""

    def __call__(self, broker: str, *, quick: bool) -> Coroutine[Any, Any, Results]: ...


SUITES: dict[str, Suite] = {
    "hl7v2": run_hl7v2,
    "intake": run_intake,
    "projections": run_projections,
    "whole_way": run_whole_way,
    "latency": run_latency,
    "mllp": run_mllp,
    "memory": run_memory,
    "measures": run_measures,
    "record": run_record,
}
