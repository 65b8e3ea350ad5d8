"""Every Prometheus metric of the pipeline: name, type, meaning. No person in any label."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter(
    "throughline_events_total", "records worked on, repeats after a failure included", ["stage"]
)
REJECTS = Counter("throughline_rejects_total", "messages that cannot become a fact", ["reason"])
RETRIES = Counter(
    "throughline_retries_total", "batches tried again because the world was not ready", ["stage"]
)
LOGS_CUT = Counter(
    "throughline_logs_cut_total", "partitions whose log did not go on where it was left", ["stage"]
)
BATCH_SECONDS = Histogram(
    "throughline_batch_seconds",
    "from a batch's fetch to its commit",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LAG = Gauge("throughline_lag_events", "records fetched by nobody yet", ["stage"])
READY = Gauge("throughline_ready", "1 while every stage of this worker moves")
BEDS_OCCUPIED = Gauge(
    "throughline_beds_occupied", "people in a hospital bed now", ["provider", "site", "ward"]
)
MLLP_FRAMES = Counter(
    "throughline_mllp_frames_total",
    "frames that came over MLLP, by what became of them: accepted, duplicate, rejected are kept;"
    " too-large, unframed, not-hl7v2, sender-unknown, unavailable, acknowledgement, failed,"
    " broken-off are not",
    ["outcome"],
)
MLLP_CONNECTIONS = Gauge("throughline_mllp_connections", "MLLP connections that are open now")
MLLP_CLOSED = Counter(
    "throughline_mllp_closed_total",
    "MLLP connections that ended, by why: done, gone, idle, unfinished, slow, untold, full,"
    " stopping",
    ["why"],
)
MLLP_ANSWER_SECONDS = Histogram(
    "throughline_mllp_answer_seconds",
    "from a whole frame to its acknowledgement",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
