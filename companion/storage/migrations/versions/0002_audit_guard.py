"""The audit only grows: rows are never changed, and leave only from the front.

``meta`` row ``audit-drop`` holds, inside one transaction, the highest id that may leave.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit cannot be changed'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    WHEN NOT EXISTS (
        SELECT 1 FROM meta WHERE key = 'audit-drop' AND OLD.id <= CAST(value AS INTEGER)
    )
    BEGIN SELECT RAISE(ABORT, 'the audit cannot be deleted'); END
    """,
    """
    CREATE TRIGGER audit_no_insert BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id >= NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit only grows at its end'); END
    """,
)

_POSTGRES = (
    """
    CREATE FUNCTION companion_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (
                SELECT 1 FROM meta WHERE key = 'audit-drop' AND OLD.id <= CAST(value AS INTEGER)
            ) THEN
                RETURN OLD;
            END IF;
        ELSIF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (SELECT 1 FROM audit WHERE id >= NEW.id) THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the audit only grows at its end' USING ERRCODE = '23000';
    END $$
    """,
    """
    CREATE TRIGGER audit_guard BEFORE INSERT OR UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION companion_audit_guard()
    """,
    """
    CREATE FUNCTION companion_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit only grows at its end' USING ERRCODE = '23000'; END $$
    """,
    """
    CREATE TRIGGER audit_keep BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION companion_audit_keep()
    """,
)


def upgrade() -> None:
    """Set the guards."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRES if postgres else _SQLITE:
        op.execute(statement)
