"""What the person asked to be reminded of, and timers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reminders",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "person_id",
            sa.String(32),
            sa.ForeignKey("people.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("clock", sa.String(5), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("weekdays", sa.String(7), nullable=False),
        sa.Column("due_at", sa.Float),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("settled_at", sa.Float, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("reminders_by_person", "reminders", ["person_id"])
