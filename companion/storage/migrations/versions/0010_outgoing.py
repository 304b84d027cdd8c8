"""What leaves the house beside alerts: evening summaries, messages, news for the hub."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outgoing",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("lane", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("mark", sa.String(128), nullable=False, unique=True),
        sa.Column("number", sa.Integer),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id", ondelete="CASCADE")),
        sa.Column("contact_id", sa.String(32), sa.ForeignKey("contacts.id", ondelete="SET NULL")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("began_at", sa.Float),
        sa.Column("sent_at", sa.Float),
        sa.Column("event_id", sa.Integer),
        sa.Column("full", sa.Boolean),
        sa.Column("digest", sa.String(64)),
        sa.Column("error", sa.Text),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("expires_at", sa.Float),
    )
    op.create_index("outgoing_by_state", "outgoing", ["lane", "state", "due_at"])
