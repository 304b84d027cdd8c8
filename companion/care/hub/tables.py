"""The hub's own tables, in PostgreSQL; apart from those of a device.

Times are seconds since 1970 (UTC).
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

VERSION: Final = 1
"""Raised with every change of these tables; ``steps`` in ``schema`` bring an older one here."""

version: Final = Table(
    "hub_version", metadata, Column("number", Integer, primary_key=True, autoincrement=False)
)

devices: Final = Table(
    "hub_devices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("label", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("enrolled_at", Float, nullable=False),
    Column("disabled_at", Float),
    Column("heard_at", Float),
    Column("online", Boolean, nullable=False),
    Column("session", String(32), nullable=False),
    Column("health", JSON, nullable=False),
    Column("health_number", Integer, nullable=False),
    Column("epoch", String(16), nullable=False),
)
"""``label`` is what the team calls it; ``session`` of the device that said it was online."""

messages: Final = Table(
    "hub_messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device_id", ForeignKey("hub_devices.id", ondelete="CASCADE"), nullable=False),
    Column("epoch", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", Float, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("body", JSON, nullable=False),
    Index("hub_messages_once", "device_id", "epoch", "number", unique=True),
    Index("hub_messages_by_kind", "device_id", "kind", "id"),
    Index("hub_messages_by_age", "received_at"),
)
"""Every message of a device, once. Bodies are emptied when they are over their time; the rows stay,
so that nothing is taken for new a second time."""

alerts: Final = Table(
    "hub_alerts",
    metadata,
    Column("device_id", ForeignKey("hub_devices.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("tier", Integer, nullable=False),
    Column("category", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("raised_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("number", Integer, nullable=False),
)
"""As the device last said. ``number`` of that message: an older one that comes late changes
nothing."""

commands: Final = Table(
    "hub_commands",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device_id", ForeignKey("hub_devices.id", ondelete="CASCADE"), nullable=False),
    Column("alert_id", String(32), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", Float),
    Column("taken", Boolean),
    Index("hub_commands_open", "done_at", "due_at"),
)
"""Answers to alerts, sent until the device says that it has them."""

accounts: Final = Table(
    "hub_accounts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("disabled_at", Float),
)

sessions: Final = Table(
    "hub_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", ForeignKey("hub_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
)
"""``digest`` is the SHA-256 of the cookie."""

reads: Final = Table(
    "hub_reads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("login", String(64), nullable=False),
    Column("what", String(32), nullable=False),
    Column("device_id", String(32)),
    Index("hub_reads_by_age", "at"),
)
"""Who looked at what, and who answered."""
