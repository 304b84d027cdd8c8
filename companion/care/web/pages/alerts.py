"""Alerts: what happened, who was reached, and taking care of it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from companion.care.sharing import is_accused
from companion.care.web.visit import Visit
from companion.storage.alert import Alert, Delivery
from companion.storage.channels import masked
from companion.storage.outbox import Outbox

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Told:
    """One try to reach somebody, in words."""

    name: str
    way: str
    """Kind of channel, such as ``mailto``; nothing that others could use."""
    delivery: Delivery


def show_alerts(visit: Visit) -> Response:
    """The newest alerts, and who was reached for each."""
    outbox = Outbox(visit.house.store.database)
    ways = {one.id: (one.name, masked(one.channel).partition(":")[0]) for one in outbox.contacts()}
    shown = []
    for alert in visible(visit):
        told = [Told(*ways.get(one.contact_id or "", ("", "")), one) for one in alert.deliveries]
        shown.append((alert, told))
    return visit.show("alerts", alerts=shown)


def acknowledge(visit: Visit) -> Response:
    """Note that somebody takes care of it; nobody else is told any more."""
    alert_id = visit.request.path_params["alert"]
    if all(one.id != alert_id for one in visible(visit)):
        return visit.show("error", 404, title_key="missing", detail="")
    outbox = Outbox(visit.house.store.database)
    done = outbox.acknowledge(alert_id, visit.me.name, visit.now)
    with visit.house.store.database.begin() as connection:
        visit.write_down(connection, "alert acknowledged", {"alert": alert_id, "first": done})
    return visit.go("/alerts", "acknowledged" if done else "answered")


def visible(visit: Visit) -> list[Alert]:
    """Return the newest alerts somebody may see: never those that may be about them."""
    if not visit.may("safety"):
        return []
    newest = Outbox(visit.house.store.database).newest(NEWEST)
    return [one for one in newest if not _about_them(visit, one)]


def accusing(visit: Visit) -> list[Alert]:
    """Return the newest alerts that may be about whoever asks."""
    if visit.is_owner:
        return []
    newest = Outbox(visit.house.store.database).newest(NEWEST)
    return [one for one in newest if _about_them(visit, one)]


def _about_them(visit: Visit, alert: Alert) -> bool:
    me = visit.me
    return is_accused([alert], visit.house.kin, name=me.name, relation=me.relation, role=me.role)
