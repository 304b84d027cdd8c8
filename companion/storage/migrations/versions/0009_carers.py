"""Those who care: their accounts, who is logged in, and what each may see."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "carers",
        sa.Column("id", sa.String(32), primary_key=True),
        _points_to("person_id", "people.id"),
        sa.Column("login", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("invitation", sa.String(64)),
        sa.Column("invited_until", sa.Float),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("disabled_at", sa.Float),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        _points_to("carer_id", "carers.id"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
    )
    op.create_index("sessions_by_carer", "sessions", ["carer_id"])
    op.create_table(
        "sharing",
        sa.Column(
            "carer_id",
            sa.String(32),
            sa.ForeignKey("carers.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("subject", sa.String(32), primary_key=True),
        sa.Column("allowed", sa.Boolean, nullable=False),
        sa.Column("granted_by", sa.String(32), sa.ForeignKey("people.id", ondelete="SET NULL")),
        sa.Column("at", sa.Float, nullable=False),
    )


def _points_to(name: str, target: str) -> sa.Column[str]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.String(32), key, nullable=False)
