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
ADDRESS = Gauge(
    "throughline_address_info", "always 1: where people reach the pages and the API", ["address"]
)
# Measures: what each means is in the catalogue (`schemas/measures.py`). Set from state, so that a
# replay changes nothing; every replica says the same.
BEDS_OCCUPIED = Gauge(
    "throughline_beds_occupied", "people in a hospital bed now", ["provider", "site", "ward"]
)
BEDS_STAFFED = Gauge(
    "throughline_beds_staffed", "hospital beds that have staff today", ["provider", "site", "ward"]
)
OCCUPANCY = Gauge(
    "throughline_occupancy_ratio", "beds occupied by beds staffed", ["provider", "site"]
)
LONG_STAYS = Gauge(
    "throughline_long_stays",
    "people in a bed for so many days or more: 7+, 14+, 21+",
    ["provider", "site", "band"],
)
DISCHARGE_READY = Gauge(
    "throughline_discharge_ready_people",
    "people still in who do not meet the criteria to reside, by discharge pathway",
    ["provider", "site", "pathway"],
)
ADMISSIONS_TODAY = Gauge(
    "throughline_admissions_today", "stays that began today", ["provider", "site"]
)
DISCHARGES_TODAY = Gauge(
    "throughline_discharges_today", "stays that ended today", ["provider", "site"]
)
EXPECTED_DISCHARGES_TODAY = Gauge(
    "throughline_expected_discharges_today",
    "open stays that are expected to end today",
    ["provider", "site"],
)
COHORT_BED_DAYS = Gauge(
    "throughline_cohort_bed_days", "bed days of a target group in the last 28 days", ["cohort"]
)
COHORT_LENGTH_OF_STAY = Gauge(
    "throughline_cohort_length_of_stay_days",
    "length of stay of a target group, discharged in the last 28 days: mean, median, p90",
    ["cohort", "figure"],
)
SILENT_HANDOFFS = Gauge(
    "throughline_silent_handoffs", "referrals that nobody answered within their service's time"
)
DATA_CONFIDENCE = Gauge(
    "throughline_data_confidence",
    "what makes figures doubtful: stale, inferred, conflicting, unknown-ward, bad-nhs-number",
    ["kind"],
)
MEASURES_AS_OF = Gauge(
    "throughline_measures_as_of_seconds",
    "up to when everything that was stored is in the measures, in seconds since 1970",
)
STAY_DAYS = Histogram(
    "throughline_stay_days",
    "days of the hospital stays that came to an end, repeats after a failure included",
    ["provider"],
    buckets=(0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 90),
)
AUDIT_SEALS = Gauge("throughline_audit_seals", "the number of the last seal over the audit")
AUDIT_SEALED_UNTIL = Gauge(
    "throughline_audit_sealed_until_seconds",
    "until when every look is under a seal, in seconds since 1970",
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
REFUSED = Counter(
    "throughline_requests_refused_total",
    "requests that were not let in, by why: no-token, bad-token, forged-form, sign-in, too-often",
    ["why"],
)
SIGNED_IN = Counter("throughline_signed_in_total", "sessions of the pages that began")
