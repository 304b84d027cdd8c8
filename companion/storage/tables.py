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

meta: Final = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts about the database itself, such as a canary that proves the key."""
