"""What a person told of their life, and on the device an index of its words."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INDEX = (
    # It keeps no text of its own; without secure-delete forgotten words stay in its pages.
    "CREATE VIRTUAL TABLE memory_words USING fts5("
    "sentence, content='memories', content_rowid='number', tokenize='porter unicode61')",
    "INSERT INTO memory_words(memory_words, rank) VALUES('secure-delete', 1)",
    "CREATE TRIGGER memory_told AFTER INSERT ON memories BEGIN"
    " INSERT INTO memory_words(rowid, sentence) VALUES (new.number, new.sentence); END",
    "CREATE TRIGGER memory_forgotten AFTER DELETE ON memories BEGIN"
    " INSERT INTO memory_words(memory_words, rowid, sentence)"
    " VALUES ('delete', old.number, old.sentence); END",
    "CREATE TRIGGER memory_reworded AFTER UPDATE ON memories BEGIN"
    " INSERT INTO memory_words(memory_words, rowid, sentence)"
    " VALUES ('delete', old.number, old.sentence);"
    " INSERT INTO memory_words(rowid, sentence) VALUES (new.number, new.sentence); END",
)


def upgrade() -> None:
    """Make the table, and in a file its index."""
    op.create_table(
        "memories",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column(
            "person_id",
            sa.String(32),
            sa.ForeignKey("people.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("relation", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("told_at", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_index("memories_by_person", "memories", ["person_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _INDEX:
            op.execute(sa.text(statement.replace(":", r"\:")))
