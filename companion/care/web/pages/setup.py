"""The first start: who owns this, and what they agree to."""

from __future__ import annotations

import hmac
import time

from starlette.responses import Response

from companion.care.limits import ADDRESS
from companion.care.passwords import weakness
from companion.care.web import labels
from companion.care.web.pages.login import enter
from companion.care.web.pages.privacy import record_consent
from companion.care.web.visit import Visit
from companion.errors import StorageError
from companion.storage import carers, people


def show_setup(visit: Visit) -> Response:
    """Ask for the one-time code, and for the owner's account."""
    if visit.house.setup_code is None:
        return visit.go("/login")
    return visit.show("setup", problems={}, wait=0.0)


def set_up(visit: Visit) -> Response:
    """Make the owner's account, if the code is right."""
    house, key = visit.house, "setup"
    if house.setup_code is None:
        return visit.go("/login")
    if wait := house.limits.wait(key, ADDRESS, time.monotonic()):
        return visit.show("setup", 429, problems={"code": "wait"}, wait=wait)
    code = house.setup_code.replace("-", "")
    typed = "".join(c for c in visit.field("code").lower() if c.isalnum())
    if not hmac.compare_digest(code.encode(), typed.encode()):
        house.limits.wrong(key, ADDRESS, time.monotonic())
        return visit.show("setup", 400, problems={"code": "unknown"}, wait=0.0)
    problems = _problems(visit)
    if problems:
        return visit.show("setup", 400, problems=problems, wait=0.0)
    hashed = house.passwords.hash(visit.secret("password"))
    try:
        with house.store.database.begin() as connection:
            if carers.has_owner(connection):
                return visit.go("/login")
            owner = people.owner(connection, at=visit.now, name=visit.field("name"))
            if owner.name != visit.field("name"):
                owner = people.rename_person(connection, owner.id, visit.field("name"))
            old = next((c for c in carers.list_carers(connection) if c.role == "owner"), None)
            if old is not None:
                carers.remove_carer(connection, old.id)
            made = carers.add_carer(
                connection, owner.id, visit.field("login"), "owner", at=visit.now
            )
            carers.set_password(connection, made.id, hashed)
            carer = carers.get(connection, made.id)
            visit.carer = carer
            visit.write_down(connection, "owner account made", {})
    except StorageError:
        return visit.show("setup", 400, problems={"login": "login"}, wait=0.0)
    house.setup_code = None
    response = enter(visit, carer)
    response.headers["location"] = "/setup/agree"
    return response


def show_agree(visit: Visit) -> Response:
    """Ask what the owner agrees to."""
    return visit.show("agree", subjects=_asked(visit))


def agree(visit: Visit) -> Response:
    """Record what was ticked; what was not ticked stays a no."""
    ticked = set(visit.fields("agree"))
    for subject in _asked(visit):
        if (subject in ticked) != (subject in visit.consents):
            record_consent(visit, subject, granted=subject in ticked)
    return visit.go("/people", "welcome")


def _asked(visit: Visit) -> list[str]:
    # A voiceprint is agreed to where it is made, by whom it is of.
    known = visit.house.consent_texts()
    return [one for one in labels.CONSENTS if one in known and one != "voiceprint"]


def _problems(visit: Visit) -> dict[str, str]:
    found: dict[str, str] = {}
    name, login = visit.field("name"), visit.field("login").lower()
    password = visit.secret("password")
    if not name or len(name) > 100 or not name.isprintable():
        found["name"] = "missing"
    if not carers.is_login(login):
        found["login"] = "login"
    if weak := weakness(password, about=(login, *name.split())):
        found["password"] = weak
    elif password != visit.secret("again"):
        found["again"] = "different"
    return found
