"""Logging in, with a second factor where one is set; invitations; logging out."""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.responses import Response

from companion.care import factors
from companion.care.limits import ACCOUNT, ADDRESS
from companion.care.passwords import weakness
from companion.care.web.door import cookie_name, set_cookie
from companion.care.web.tokens import safe_path
from companion.care.web.visit import Visit
from companion.storage import carers, sessions

CODE_LASTS_S = 300.0
"""Seconds between the password and the second factor."""


def show_login(visit: Visit) -> Response:
    """The form; or the setup, when there is nobody to log in."""
    if visit.house.setup_code is not None:
        return visit.go("/setup")
    if visit.session is not None and visit.session.complete:
        return visit.go("/")
    return _login(visit)


def log_in(visit: Visit) -> Response:
    """Check login and password; every no looks the same and takes as long."""
    login, password = visit.field("login").lower()[:64], visit.secret("password")
    if wait := _wait(visit, f"login:{login}"):
        return _login(visit, wait=wait, status=429)
    with visit.house.store.database.read() as connection:
        carer = carers.by_login(connection, login)
    usable = carer is not None and carer.disabled_at is None
    fits = visit.house.passwords.verify(carer.password if carer and usable else None, password)
    if carer is None or not fits:
        _wrong(visit, f"login:{login}")
        with visit.house.store.database.begin() as connection:
            data = {"account": carer.id} if carer else {}
            visit.write_down(connection, "login refused", data)
        return _login(visit, wrong=True, status=401)
    if carer.factor is None or not carer.factor.confirmed:
        _right(visit, f"login:{login}")
    return enter(visit, carer, password=password)


def enter(visit: Visit, carer: carers.Carer, *, password: str = "") -> Response:
    """Log somebody in whose password was right; the token is always a new one."""
    house = visit.house
    half = carer.factor is not None and carer.factor.confirmed
    visit.carer = carer
    with house.store.database.begin() as connection:
        if visit.session is not None:
            sessions.close_session(connection, visit.session.id)
        if password and carer.password and house.passwords.is_old(carer.password):
            carers.set_password(connection, carer.id, house.passwords.hash(password))
        lasts = CODE_LASTS_S if half else house.settings.session_h * 3600.0
        token = sessions.open_session(
            connection, carer.id, now=visit.now, lasts_s=lasts, complete=not half
        )
        if not half:
            visit.write_down(connection, "logged in", {})
    after = safe_path(visit.field("next") or "/")
    response = visit.go(f"/login/code?next={after}" if half else after)
    set_cookie(house, response, token)
    return response


def show_code(visit: Visit) -> Response:
    """Ask for the second factor."""
    return _code(visit)


def check_code(visit: Visit) -> Response:
    """Check a code; each is taken once."""
    key = f"code:{visit.me.id}"
    if wait := _wait(visit, key):
        return _code(visit, wait=wait, status=429)
    assert visit.session is not None
    with visit.house.store.database.begin() as connection:
        # Read again inside the transaction: two requests must not both use one code.
        carer = carers.get(connection, visit.me.id)
        after = (
            factors.accept(carer.factor, visit.field("code"), visit.now) if carer.factor else None
        )
        if after is not None:
            carers.set_factor(connection, carer.id, after)
            sessions.close_session(connection, visit.session.id)
            token = sessions.open_session(
                connection,
                carer.id,
                now=visit.now,
                lasts_s=visit.house.settings.session_h * 3600.0,
                complete=True,
            )
        visit.write_down(connection, "logged in" if after else "code refused", {})
    if after is None:
        _wrong(visit, key)
        return _code(visit, wrong=True, status=401)
    _right(visit, key)
    _right(visit, f"login:{carer.login}")
    response = visit.go(safe_path(visit.field("next") or "/"))
    set_cookie(visit.house, response, token)
    return response


def log_out(visit: Visit) -> Response:
    """End the session."""
    if visit.session is not None:
        with visit.house.store.database.begin() as connection:
            sessions.close_session(connection, visit.session.id)
            visit.write_down(connection, "logged out", {})
    response = visit.go("/login", "loggedout")
    response.delete_cookie(
        cookie_name(visit.house), path="/", secure=visit.house.secure, httponly=True
    )
    return response


def show_invitation(visit: Visit) -> Response:
    """The form for somebody who was invited."""
    code = visit.request.query_params.get("code", "")[:64]
    return visit.show("invitation", code=code, problems={})


def take_invitation(visit: Visit) -> Response:
    """Let somebody choose their password, once."""
    code, password = visit.field("code"), visit.secret("password")
    if wait := _wait(visit, "invitation"):
        problems = {"code": "wait"}
        return visit.show("invitation", 429, code="", problems=problems, wait=wait)
    digest = sessions.digest("".join(c for c in code.lower() if c.isalnum()))
    with visit.house.store.database.read() as connection:
        carer = carers.by_invitation(connection, digest, visit.now)
    if carer is None:
        _wrong(visit, "invitation")
        return visit.show("invitation", 400, code=code, problems={"code": "unknown"})
    problems = {}
    if weak := weakness(password, about=(carer.login, *carer.name.split())):
        problems["password"] = weak
    elif password != visit.secret("again"):
        problems["again"] = "different"
    if problems:
        return visit.show("invitation", 400, code=code, problems=problems)
    hashed = visit.house.passwords.hash(password)
    with visit.house.store.database.begin() as connection:
        if carers.by_invitation(connection, digest, visit.now) is None:
            return visit.show("invitation", 400, code=code, problems={"code": "unknown"})
        carers.set_password(connection, carer.id, hashed)
        sessions.close_sessions(connection, carer.id)
    return enter(visit, replace(carer, password=hashed))


def _login(visit: Visit, *, wrong: bool = False, wait: float = 0.0, status: int = 200) -> Response:
    after = safe_path(visit.field("next") or visit.request.query_params.get("next", "/"))
    login = visit.field("login")
    return visit.show("login", status, wrong=wrong, wait=wait, after=after, login=login)


def _code(visit: Visit, *, wrong: bool = False, wait: float = 0.0, status: int = 200) -> Response:
    after = safe_path(visit.field("next") or visit.request.query_params.get("next", "/"))
    return visit.show("code", status, wrong=wrong, wait=wait, after=after)


def _wait(visit: Visit, key: str) -> float:
    limits, now = visit.house.limits, time.monotonic()
    rule = ADDRESS if key == "invitation" else ACCOUNT
    return max(limits.wait(key, rule, now), limits.wait(f"from:{visit.address}", ADDRESS, now))


def _wrong(visit: Visit, key: str) -> None:
    rule = ADDRESS if key == "invitation" else ACCOUNT
    visit.house.limits.wrong(key, rule, time.monotonic())
    visit.house.limits.wrong(f"from:{visit.address}", ADDRESS, time.monotonic())


def _right(visit: Visit, key: str) -> None:
    visit.house.limits.right(key)
