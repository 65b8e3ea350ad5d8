"""Every PostgreSQL table: migrations make them, rooms read and write them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _known_at() -> Column[object]:
    """When our transaction stored the row: the `known` of definitions, section 1."""
    return Column("known_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _required(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


facts = Table(
    "facts",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    _required("source"),
    _required("sector"),
    _required("kind"),
    _required("thread"),
    Column("version", Text(collation="C"), nullable=False),
    _required("message_id"),
    Column("subject", Text),
    _moment("recorded", nullable=False),
    _moment("received", nullable=False),
    _known_at(),
    Column("event", LargeBinary, nullable=False, comment="the care event, resource verbatim"),
    Column("restriction", Text, comment="schemas.restriction; null: all who may look see it"),
    Column(
        "involved",
        ARRAY(Text),
        comment="codes of whomever a care team or an episode names; null: of no such fact",
    ),
    Index("facts_by_thread", "thread", "version"),
    # The id of a thing: services.fhir.ids.
    Index("facts_by_thing", text("cast(md5(thread) as uuid)")),
    Index("facts_of_nobody", "kind", "thread", "version", postgresql_where=text("subject is null")),
    Index(
        "facts_by_message_key",
        "source",
        "message_id",
        postgresql_where=text("kind like '%^%'"),
    ),
    Index("facts_of_patients", "subject", postgresql_where=text("kind = 'Patient'")),
    Index("facts_restricted", "subject", postgresql_where=text("restriction is not null")),
    # Facts lie in the order in which they came: this takes next to nothing to keep.
    Index(
        "facts_by_time",
        "known_at",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
    ),
    Index(
        "facts_by_involved",
        "involved",
        postgresql_using="gin",
        postgresql_where=text("involved is not null"),
    ),
    Index(
        "facts_of_teams_unread",
        "subject",
        postgresql_where=text("kind in ('CareTeam', 'EpisodeOfCare') and involved is null"),
    ),
    comment="The source of truth: every valid fact once, never changed.",
)
timeline = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    _required("subject"),
    _required("thread"),
    Column("version", Text(collation="C"), nullable=False),
    _known_at(),
    _moment("withdrawn_at"),
    Column("entries", JSON, nullable=False, comment="streams.timeline.entries.Entry, in order"),
    Index("timeline_by_subject", "subject"),
    Index(
        "timeline_withdrawn",
        "withdrawn_at",
        postgresql_where=text("withdrawn_at is not null"),
    ),
    Index(
        "timeline_of_teams",
        "subject",
        postgresql_where=text("thread like '%|CareTeam/%' or thread like '%|EpisodeOfCare/%'"),
    ),
    comment="What each fact says on a timeline; the greatest version of a thread holds.",
)

stays = Table(
    "stays",
    metadata,
    Column("source", Text, primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("revision", Integer, nullable=False, comment="guards read-modify-write"),
    Column("facts", JSON, nullable=False, comment="streams.flow.facts.VisitFact, all of them"),
    Column("subject", Text),
    _required("status"),
    Column("class", Text, nullable=False),
    _required("setting"),
    _required("provider"),
    _moment("admitted_at"),
    _moment("discharged_at"),
    _moment("expected_discharge"),
    Column("ward", Text, comment="where the person is now; null once the stay has ended"),
    Column("site", Text),
    Column("segments", JSONB, nullable=False),
    Column("leaves", JSONB, nullable=False),
    Column("nights", JSONB, nullable=False, comment="streams.flow.bed_days.Nights"),
    Column("flags", ARRAY(Text), nullable=False),
    Column(
        "former_subjects",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="whom its facts named, apart from whom they name now",
    ),
    _known_at(),
    Index("stays_by_subject", "subject"),
    # The id of the Encounter that it is: as PostgreSQL writes it, or a difference would be seen.
    Index("stays_by_thing", text("cast(md5((source || '|Encounter/') || visit) as uuid)")),
    Index(
        "stays_by_former_subject",
        "former_subjects",
        postgresql_using="gin",
        postgresql_where=text("former_subjects <> '{}'"),
    ),
    Index("stays_by_time", "known_at"),
    Index("stays_of_provider", "provider", "discharged_at"),
    # Most sources publish of their own beds, and those are found by the provider.
    Index(
        "stays_of_source",
        "source",
        "discharged_at",
        postgresql_where=text("source <> provider"),
    ),
    comment="One visit each: the facts known of it and the stay that they describe.",
)
visit_numbers = Table(
    "visit_numbers",
    metadata,
    Column("source", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("visit", Text, primary_key=True, comment="the visit that has this number, it is said"),
    _known_at(),
    Index("visit_numbers_by_visit", "source", "visit"),
    comment="Other numbers of visits: streams.flow.numbers.",
)

visit_accounts = Table(
    "visit_accounts",
    metadata,
    Column("source", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("visit", Text, primary_key=True),
    comment="Which visits an account (PID-18) has.",
)

account_moves = Table(
    "account_moves",
    metadata,
    Column("source", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("change", JSON, nullable=False, comment="streams.flow.facts.Change"),
    comment="Accounts that were given to another person with all their visits (A44).",
)

message_keys = Table(
    "message_keys",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="MSH-3, MSH-4, MSH-10"),
    Column("rank", Text(collation="C"), nullable=False),
    Column("content", Text(collation="C"), nullable=False, comment="whose content holds the key"),
    Column("places", JSON, nullable=False, comment="where the projection holds that content"),
    comment="Which content of an HL7 v2 message key counts: streams.runtime.message_keys.",
)

referral_strands = Table(
    "referral_strands",
    metadata,
    Column("name", Text, primary_key=True, comment="the smallest of its names"),
    Column("subjects", ARRAY(Text), nullable=False, comment="whom any fact was ever about"),
    Column("facts", JSON, nullable=False, comment="streams.referrals.facts.ReferralFact, all"),
    _known_at(),
    Index("referral_strands_by_subject", "subjects", postgresql_using="gin"),
    comment="Facts that names connect, of one referral or of several that share a visit.",
)

referral_names = Table(
    "referral_names",
    metadata,
    Column("name", Text, primary_key=True),
    _required("strand"),
    Index("referral_names_by_strand", "strand"),
    comment="Every name that a referral's facts know, and the strand that they are in.",
)

referrals = Table(
    "referrals",
    metadata,
    Column("name", Text, primary_key=True, comment="the first thread of its request"),
    _required("strand"),
    Column("subject", Text),
    _required("status"),
    Column("priority", Text),
    Column("owner", Text, comment="who has it now; null once it is closed"),
    Column("receiver", Text),
    _moment("sent_at"),
    _moment("answer_due"),
    _moment("accepted_at"),
    _moment("first_contact_at"),
    _moment("closed_at"),
    Column("referral", JSONB, nullable=False, comment="streams.referrals.referral.Referral"),
    _known_at(),
    Index("referrals_by_subject", "subject"),
    Index("referrals_by_strand", "strand"),
    Index(
        "referrals_unanswered",
        "answer_due",
        postgresql_where=text("status in ('sent', 'received')"),
    ),
    Index("referrals_by_time", "known_at"),
    Index(
        "referrals_of_receiver",
        "receiver",
        postgresql_where=text("closed_at is null"),
    ),
    comment="One referral each, as its strand's facts describe it.",
)

traits = Table(
    "traits",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, comment="which of the things the fact says"),
    _required("kind"),
    Column("subject", Text),
    _required("source"),
    _required("thread"),
    Column("version", Text(collation="C"), nullable=False),
    _moment("recorded", nullable=False),
    Column("said", JSONB, nullable=False, comment="streams.traits.trait, by kind"),
    _known_at(),
    _moment("withdrawn_at"),
    Index("traits_by_time", "known_at"),
    Index("traits_by_subject", "subject"),
    Index("traits_by_thread", "thread", "version"),
    Index("traits_withdrawn", "withdrawn_at", postgresql_where=text("withdrawn_at is not null")),
    Index(
        "traits_by_practice",
        text("(said ->> 'practice')"),
        postgresql_where=text("kind = 'person'"),
    ),
    comment="What facts say that measures need, beside stays and referrals;"
    " the greatest version of a thread holds.",
)

identities = Table(
    "identities",
    metadata,
    Column("key", Text, primary_key=True),
    Column("own_id", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("person_id", Uuid, nullable=False),
    Column("number", Text, comment="the NHS number that it is, with a date of birth or without"),
    Column(
        "changed_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        comment="since when it belongs to this person",
    ),
    Index("identities_by_own_id", "own_id", unique=True),
    Index("identities_by_person", "person_id"),
    Index("identities_by_number", "number", postgresql_where=text("number is not null")),
    Index("identities_by_change", "changed_at"),
    comment="Every source identity and the person it belongs to now.",
)

identity_statements = Table(
    "identity_statements",
    metadata,
    Column("event_id", Uuid, primary_key=True, comment="the fact that says so; staff: its own id"),
    Column("number", SmallInteger, primary_key=True, comment="which of the things the fact says"),
    _required("one"),
    _required("other"),
    _required("kind"),
    _required("source"),
    Column("thread", Text, comment="its greatest version holds; null: stands for itself"),
    Column("version", Text(collation="C"), nullable=False),
    _moment("said_at", nullable=False),
    Column("content", Text, comment="marks all that the fact says in the thread"),
    Column("who", Text, comment="the member of staff who says so; null: a fact does"),
    Column("reason", Text),
    _known_at(),
    _moment("withdrawn_at"),
    Column("withdrawn_by", Text),
    Index("identity_statements_by_one", "one"),
    Index("identity_statements_by_other", "other"),
    Index(
        "identity_statements_by_thread",
        "thread",
        "version",
        "event_id",
        postgresql_where=text("thread is not null"),
    ),
    Index(
        "identity_statements_of_staff",
        "known_at",
        "event_id",
        postgresql_where=text("who is not null"),
    ),
    comment="What facts and staff say of who is one person; rows are added, or withdrawn.",
)

identity_reviews = Table(
    "identity_reviews",
    metadata,
    Column("review_id", Uuid, primary_key=True),
    _required("kind"),
    Column("keys", ARRAY(Text), nullable=False, comment="the identities that it is about"),
    Column("pairs", JSON, nullable=False, comment="[[one, other], ...] that are in doubt"),
    _known_at(),
    Index("identity_reviews_by_key", "keys", postgresql_using="gin"),
    Index("identity_reviews_by_time", "known_at", "review_id"),
    comment="What is in doubt about who is one person, as the statements have it now.",
)

review_dismissals = Table(
    "review_dismissals",
    metadata,
    Column("review_id", Uuid, primary_key=True),
    _required("who"),
    _required("reason"),
    _known_at(),
    comment="Reviews that somebody looked at and left as they are.",
)

positions = Table(
    "positions",
    metadata,
    Column("log", Text, primary_key=True, comment="id of the Kafka cluster"),
    Column("projection", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    comment="How far each projection has come; moves only in the transaction of its changes.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("topic"),
    Column("messages", LargeBinary, nullable=False, comment="JSON [[key, value], ...]"),
    comment="What is to be sent to Kafka for changes that are committed.",
)

rejects = Table(
    "rejects",
    metadata,
    Column("reject_id", Uuid, primary_key=True),
    _required("stage"),
    _required("reason"),
    Column("source", Text),
    Column("sector", Text),
    Column("content_type", Text),
    Column("message_id", Text),
    Column("problems", JSON, nullable=False, comment="[[path, code, text], ...]"),
    Column("original", LargeBinary, nullable=False),
    _moment("received", nullable=False),
    _known_at(),
    _moment("redriven_at"),
    Column("redriven_by", Text),
    Index("rejects_by_time", "known_at"),
    Index("rejects_by_message", "message_id"),
    comment="What could not become a fact: why, and the original bytes.",
)

figures = Table(
    "figures",
    metadata,
    Column("figure", Text, primary_key=True, comment="measure and dimensions"),
    Column("value", JSONB, nullable=False),
    _known_at(),
    comment="The last value sent to care.measures.v1 of every figure.",
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("at", DateTime(timezone=True), primary_key=True, comment="08:00 or midnight in London"),
    _moment("taken_at", nullable=False),
    Column(
        "checked_at",
        DateTime(timezone=True),
        nullable=False,
        comment="when it was last held against what is known",
    ),
    comment="The moments whose figures were kept as they were known then.",
)

snapshot_figures = Table(
    "snapshot_figures",
    metadata,
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("figure", Text, primary_key=True, comment="measure and dimensions"),
    Column("value", Double, nullable=False),
    comment="What was told of each figure at a snapshot's moment; never changed.",
)

restatements = Table(
    "restatements",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _moment("at", nullable=False),
    _required("figure"),
    Column("was", Double, nullable=False),
    Column("value", Double, nullable=False),
    _known_at(),
    Column("why", JSONB, nullable=False, comment="services.figures.reasons.Reason"),
    Index("restatements_by_figure", "at", "figure"),
    comment="Each later difference of a snapshot's figure; the last one is what is so now.",
)

own_words_taken = Table(
    "own_words_taken",
    metadata,
    Column("subject", Text, primary_key=True, comment="the identity that the words are about"),
    Column("source", Text, primary_key=True, comment="the organisation that they were written at"),
    Column("event_id", Uuid, nullable=False),
    _moment("taken_at", nullable=False),
    comment="The last About me that was written here: on its way until it is one of the facts.",
)

break_glass = Table(
    "break_glass",
    metadata,
    Column("break_glass_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, comment="any id of the person"),
    _required("viewer"),
    _required("name"),
    _required("role"),
    _required("org"),
    _required("reason"),
    _required("words"),
    _known_at(),
    _moment("until", nullable=False),
    _moment("reviewed_at"),
    Column("reviewed_by", Text),
    Column("finding", Text),
    Column("review_words", Text),
    Index("break_glass_by_person", "person_id"),
    Index(
        "break_glass_to_review",
        "known_at",
        "break_glass_id",
        postgresql_where=text("reviewed_at is null"),
    ),
    comment="Who looked without a relationship, why, for how long, and what was found of it.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("session", Text, primary_key=True, comment="digest of the secret that a browser holds"),
    _required("viewer"),
    _required("name"),
    _required("role"),
    _required("org"),
    Column("teams", ARRAY(Text), nullable=False),
    Column("id_token", Text, nullable=False, comment="what the provider knows the session by"),
    _known_at(),
    _moment("seen", nullable=False),
    _moment("ends", nullable=False),
    Index("sessions_by_seen", "seen"),
    comment="Who is signed in to the pages, until they sign out or it ends.",
)

access_log = Table(
    "access_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("person_id", Uuid),
    _required("viewer"),
    _required("role"),
    _required("org"),
    _required("view"),
    Column("allowed", Boolean, nullable=False),
    _known_at(),
    Column("name", Text, comment="what the viewer was called"),
    Column("because", Text, comment="codes of what allowed it, blanks between"),
    Column("request", Text, comment="the id of the request: what one page asks has one"),
    Column("address", Text, comment="where in the network the request came from"),
    Column(
        "xid",
        BigInteger,
        nullable=False,
        server_default=text("(pg_current_xact_id()::text)::bigint"),
        comment="the transaction that looked: once all before it have ended, none can be added",
    ),
    Index("access_log_by_person", "person_id"),
    Index("access_log_by_viewer", "viewer", "id"),
    Index("access_log_by_transaction", "xid", "id"),
    Index(
        "access_log_by_time",
        "known_at",
        postgresql_using="brin",
        postgresql_with={"autosummarize": "true"},
    ),
    Index("access_log_denied", "id", postgresql_where=text("not allowed")),
    Index("access_log_glass", "id", postgresql_where=text("because = 'break-glass'")),
    comment="Every view and every denial, written in the transaction that read.",
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("form", SmallInteger, nullable=False, comment="services.access.seals.COLUMNS"),
    Column("until_xid", BigInteger, nullable=False),
    Column("until_id", BigInteger, nullable=False, comment="the last line that is sealed by it"),
    Column("lines", Integer, nullable=False, comment="how many lines it seals"),
    Column("leaves", LargeBinary, nullable=False, comment="of each line its id and its digest"),
    Column("previous", LargeBinary, nullable=False, comment="the digest of the seal before"),
    _moment("sealed_at", nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("mac", LargeBinary, comment="of the digest, with a key that is not in the database"),
    comment="The chain over the audit: what is changed behind a seal is found by it.",
)

audit_checks = Table(
    "audit_checks",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _moment("checked_at", nullable=False),
    Column("seals", BigInteger, nullable=False, comment="how many seals there were"),
    Column("faults", Integer, nullable=False, comment="lines and seals that were not as sealed"),
    comment="When the audit was last held against its seals.",
)
