"""The tables, as SQLAlchemy Core sees them; migrations build them.

Times are seconds since 1970 (UTC). Ids that leave the device are random hex, so they tell nothing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata: Final = MetaData()

people: Final = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("created_at", Float, nullable=False),
)
"""The owner, those who care, and others who talk to it. ``role``: owner, family, friend, nurse,
therapist, neighbour, visitor."""

contacts: Final = Table(
    "contacts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("quiet_from", String(5)),
    Column("quiet_to", String(5)),
    Column("categories", JSON, nullable=False),
    Column("lowest_tier", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
)
"""How a person is reached. ``position`` 1 is told first; ``channel`` is an apprise URL; quiet hours
are local "HH:MM" and never hold back a tier 4; no categories means all."""

consents: Final = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("how", String(16), nullable=False),
    Column("version", String(32), nullable=False),
    Column("at", Float, nullable=False),
)
"""What a person agreed to or withdrew; the newest row for a subject counts. ``subject``:
transcripts, mood, voiceprint, summary, alerts ...; ``how``: spoken or typed; ``version`` of the
text that was agreed to."""

voiceprints: Final = Table(
    "voiceprints",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("device", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
)
"""How people sound, one row for each of their microphones. ``sealed`` is encrypted once more, so
that the administrator of a server cannot read it; ``model`` made the numbers in it."""

events: Final = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("data", JSON, nullable=False),
    Column("expires_at", Float),
    Index("events_by_kind", "kind", "at"),
    Index("events_by_expiry", "expires_at"),
)
"""What happened: ``transcript``, ``mood``, ``summary``, ``safety``, ``notice`` ... ``expires_at``
comes from the retention of the kind's class."""

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Float, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("category", String(32), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("accused", JSON, nullable=False),
    Column("count", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", Float, nullable=False),
    Column("step", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", String(16), nullable=False),
    Column("acknowledged_at", Float),
    Column("acknowledged_by", Text),
    Column("expires_at", Float),
    Index("alerts_by_state", "state", "due_at"),
)
"""The durable outbox. ``state``: countdown, waiting, sent, acknowledged, cancelled, unreached.
``due_at`` is when it is looked at next; ``step`` how many contacts have been told; ``accused``
names (lower case) that must not be told; ``count`` how often the same was raised."""

learned: Final = Table(
    "learned",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)
"""What was learned of a person, such as how they usually sound; sealed JSON."""

memories: Final = Table(
    "memories",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("relation", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("day", String(10), nullable=False),
    Column("told_at", Float, nullable=False),
    Column("at", Float, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Index("memories_by_person", "person_id"),
)
"""What a person told of their life, only while they agree (consent ``memory``). ``sentence`` is
spoken to them; ``day`` a date in it; ``vector`` finds it by meaning. In the file the table
``memory_words`` (FTS5, kept by triggers) finds it by words."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL")),
    Column("attempt", Integer, nullable=False),
    Column("began_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("ok", Boolean),
    Column("error", Text),
    Column("repeat", Boolean, nullable=False),
)
"""One try to reach one contact. A row without ``ended_at`` was cut short: it may have arrived, so
the next try is marked ``repeat`` and says so."""

outgoing: Final = Table(
    "outgoing",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("lane", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("mark", String(128), nullable=False, unique=True),
    Column("number", Integer),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL")),
    Column("state", String(16), nullable=False),
    Column("at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("began_at", Float),
    Column("sent_at", Float),
    Column("event_id", Integer),
    Column("full", Boolean),
    Column("digest", String(64)),
    Column("error", Text),
    Column("sealed", LargeBinary),
    Column("expires_at", Float),
    Index("outgoing_by_state", "lane", "state", "due_at"),
)
"""What leaves the house beside alerts. ``lane``: contact (evening summaries, messages to family) or
hub; ``mark`` is what it is about, so that nothing goes twice; ``state``: waiting, sent, failed,
cancelled. ``began_at`` without an end: a try was cut short and may have arrived. ``sealed`` holds
the words only until they are sent; after that ``digest`` (SHA-256) tells which they were."""

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)
"""Who did what to the data. Each row carries a keyed digest (HMAC-SHA256) of itself and the row
before; old rows are dropped from the front, and the chain is checked from the oldest left."""

carers: Final = Table(
    "carers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("login", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password", Text),
    Column("invitation", String(64)),
    Column("invited_until", Float),
    Column("sealed", LargeBinary),
    Column("created_at", Float, nullable=False),
    Column("disabled_at", Float),
)
"""Accounts on the dashboard. ``role``: owner, family, nurse, therapist; ``password`` an Argon2id
hash, None until the ``invitation`` (a hash as well) was used; ``sealed`` the second factor."""

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("carer_id", ForeignKey("carers.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("complete", Boolean, nullable=False),
    Index("sessions_by_carer", "carer_id"),
)
"""Who is logged in. ``id`` is the SHA-256 of the token in the cookie; a session that is not
``complete`` still waits for the second factor."""

sharing: Final = Table(
    "sharing",
    metadata,
    Column("carer_id", ForeignKey("carers.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Column("allowed", Boolean, nullable=False),
    Column("granted_by", ForeignKey("people.id", ondelete="SET NULL")),
    Column("at", Float, nullable=False),
)
"""What the owner lets a carer see, or not; without a row the role decides."""

meta: Final = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts about the database itself, such as a canary that proves the key."""
