"""``companion alerts``: what was raised, whether contacts can be reached, and answering."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from companion.safety.alerts.service import AlertService
    from companion.storage.alert import Alert

app = typer.Typer(help="Alerts to contacts: look, test, answer.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_STATES = {
    "countdown": "counting down",
    "waiting": "not delivered yet",
    "sent": "delivered, not answered yet",
    "acknowledged": "answered",
    "cancelled": "cancelled",
    "unreached": "nobody reached, or nobody answered",
}


@app.command("list")
def list_alerts(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 20,
) -> None:
    """List alerts and who was told, newest first."""
    service = _service(config)
    names = {c.id: c.name for c in service.contacts()}
    rows = [row_of(alert, names) for alert in service.alerts(limit)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print("no alerts")
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["at"]))
        told = ", ".join(row["told"]) or "nobody"
        by = f" by {row['acknowledged_by']}" if row["acknowledged_by"] else ""
        times = f", raised {row['count']} times" if row["count"] > 1 else ""
        print(
            f"{row['id'][:8]}  {when}  tier {row['tier']} {row['category']}: "
            f"{_STATES.get(row['state'], row['state'])}{by}; told: {told}{times}"
        )


@app.command("test")
def send_test(
    name: Annotated[str | None, typer.Argument(help="Only this contact.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send contacts a message that says it is only a test."""
    from companion.errors import AlertError

    results = _service(config).test(name)
    if as_json:
        rows = [
            {"contact": r.contact, "channel": r.kind, "ok": r.outcome.ok}
            | {"error": r.outcome.error or None}
            for r in results
        ]
        print(json.dumps(rows, indent=2))
    else:
        for r in results:
            what = "accepted" if r.outcome.ok else f"failed: {r.outcome.error}"
            print(f"{r.contact} ({r.kind}): {what}")
    if not any(r.outcome.ok for r in results):
        raise AlertError("no channel took the test: check the contacts' channels and the network")


@app.command()
def ack(
    word: Annotated[str, typer.Argument(help="The reply code, or the link, of a message.")],
    config: ConfigOption = None,
) -> None:
    """Answer an alert: nobody else is then asked."""
    from companion.errors import AlertError

    match _service(config).acknowledge(word):
        case "done":
            print("thank you: answered, nobody else will be asked")
        case "already":
            print("somebody has answered already")
        case _:
            raise AlertError(
                "this code or link is not valid, or no longer; after many wrong codes none is "
                "taken for an hour"
            )


@app.command()
def deliver(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Deliver what is due, once; for a timer, beside or instead of the running companion."""
    service = _service(config)
    names = {c.id: c.name for c in service.contacts()}
    rows = [row_of(alert, names) for alert in service.deliver_due()]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{len(rows)} due" if rows else "nothing is due")
    for row in rows:
        print(f"{row['id'][:8]}  {_STATES.get(row['state'], row['state'])}")


@app.command()
def cancel(
    alert: Annotated[
        str | None, typer.Argument(help="Id, or its beginning, from the list.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Stop an alert; without an id, all whose countdown is running."""
    from companion.errors import AlertError

    service = _service(config)
    if alert is None:
        print(f"{service.cancel_countdowns()} cancelled")
        return
    found = [row for row in service.alerts(1000) if row.id.startswith(alert.lower())]
    if len(found) != 1:
        what = "there is no alert" if not found else "several alerts begin with"
        raise AlertError(f"{what} '{alert}': see companion alerts list")
    if not service.cancel(found[0].id):
        raise AlertError(f"that alert is closed already: {_STATES[found[0].state]}")
    print("cancelled")


def row_of(alert: Alert, names: dict[str, str]) -> dict[str, Any]:
    """Return an alert as JSON, without its code and without who is accused."""
    return {
        "id": alert.id,
        "at": alert.at,
        "tier": alert.tier,
        "category": alert.category,
        "topic": alert.topic,
        "state": alert.state,
        "count": alert.count,
        "attempts": alert.attempts,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "told": list(
            dict.fromkeys(names.get(d.contact_id or "", "?") for d in alert.deliveries if d.ok)
        ),
        "deliveries": [
            {
                "contact": names.get(d.contact_id or "", "?"),
                "began_at": d.began_at,
                "ended_at": d.ended_at,
                "ok": d.ok,
                "error": d.error,
                "repeat": d.repeat,
            }
            for d in alert.deliveries
        ],
    }


def _service(config: Path | None) -> AlertService:
    from companion import app as house
    from companion.config import load_config

    settings = load_config(config)
    return house.load_alerts(
        settings, database=house.open_storage(settings), key=house.load_key(settings)
    )
