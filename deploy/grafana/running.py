"""What the dashboards about the system itself show: doubts, delay, whether events go through."""

from deploy.grafana.expressions import one, rate, slowest
from deploy.grafana.panels import Panel, bars, lines, stat, table


def data_confidence() -> list[Panel]:
    """What makes figures doubtful, and how far behind they are."""
    kinds = one("data_confidence", "kind")
    behind = "time() - max(throughline_measures_as_of_seconds)"
    return [
        stat(
            "Figures are behind by",
            behind,
            says="Since when what was stored is not in the figures yet.",
            size=(6, 4),
            unit="s",
        ),
        stat("Doubts", f"sum({kinds})", says="All kinds together.", size=(6, 4)),
        bars(
            "Doubts by kind",
            kinds,
            "{{kind}}",
            says="stale: sources that fell silent; inferred: stays whose admission nobody told;"
            " conflicting: one person in two beds.",
            size=(12, 8),
            minimum=0,
        ),
        lines(
            "Doubts over time",
            (kinds, "{{kind}}"),
            says="Each is also told with the stay that it is about.",
        ),
        lines(
            "Seconds behind",
            (behind, "figures"),
            says="Figures are looked at once a second while anything changes.",
            unit="s",
        ),
        lines(
            "Rejects a second",
            (rate("rejects_total", "reason"), "{{reason}}"),
            says="Messages that cannot become a fact, by why.",
            size=(24, 7),
        ),
    ]


def pipeline() -> list[Panel]:
    """Whether events go through, how fast, and what holds them."""
    return [
        stat(
            "Processes ready",
            "sum by (job) (throughline_ready)",
            says="By job; every replica counts.",
            size=(4, 7),
        ),
        lines(
            "Events a second",
            (rate("events_total", "stage"), "{{stage}}"),
            says="Repeats after a failure included.",
            size=(10, 7),
        ),
        lines(
            "Events waiting",
            ("sum by (stage) (throughline_lag_events)", "{{stage}}"),
            says="Fetched by nobody yet.",
            size=(10, 7),
        ),
        lines(
            "Seconds a batch",
            (slowest("throughline_batch_seconds", "stage"), "{{stage}}"),
            says="One batch in 20 takes longer.",
            size=(8, 7),
            unit="s",
        ),
        lines(
            "Rejects a second",
            (rate("rejects_total", "reason"), "{{reason}}"),
            says="Messages that cannot become a fact.",
            size=(8, 7),
        ),
        lines(
            "Retries a second",
            (rate("retries_total", "stage"), "{{stage}}"),
            says="Batches tried again because the world was not ready.",
            size=(8, 7),
        ),
        lines(
            "MLLP frames a second",
            (f"{rate('mllp_frames_total', 'outcome')} > 0", "{{outcome}}"),
            says="By what became of them.",
            size=(10, 7),
        ),
        lines(
            "Seconds to an acknowledgement over MLLP",
            (slowest("throughline_mllp_answer_seconds"), "one in 20 takes longer"),
            says="From a whole frame to its acknowledgement.",
            size=(10, 7),
            unit="s",
        ),
        stat(
            "MLLP connections",
            "sum(throughline_mllp_connections)",
            says="Open now.",
            size=(4, 7),
        ),
        table(
            "Alerts firing",
            ('ALERTS{alertstate="firing"}', "firing"),
            says="Each has an entry in the runbook (docs/production.md).",
            size=(24, 6),
        ),
    ]
