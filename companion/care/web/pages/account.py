"""One's own account: the password, the second factor, other browsers."""

from __future__ import annotations

import time

import segno
from markupsafe import Markup
from starlette.responses import Response

from companion.care import factors
from companion.care.limits import ACCOUNT
from companion.care.passwords import weakness
from companion.care.web.visit import Visit
from companion.storage import carers, sessions


def show_account(visit: Visit) -> Response:
    """What can be changed."""
    return _page(visit)


def change_password(visit: Visit) -> Response:
    """Set a new password; other browsers are logged out."""
    new = visit.secret("new")
    problems = {}
    if problem := _wrong_password(visit):
        problems["password"] = problem
    elif weak := weakness(new, about=(visit.me.login, *visit.me.name.split())):
        problems["new"] = weak
    elif new != visit.secret("again"):
        problems["again"] = "different"
    if problems:
        return _page(visit, problems=problems, status=400)
    hashed = visit.house.passwords.hash(new)
    with visit.house.store.database.begin() as connection:
        carers.set_password(connection, visit.me.id, hashed)
        assert visit.session is not None
        sessions.close_sessions(connection, visit.me.id, but=visit.session.id)
        visit.write_down(connection, "password changed", {})
    return visit.go("/account", "password")


def begin_factor(visit: Visit) -> Response:
    """Make a secret for an authenticator app, after the password was given once more."""
    if visit.me.factor is not None and visit.me.factor.confirmed:
        return visit.go("/account")
    if problem := _wrong_password(visit):
        return _page(visit, problems={"factor_password": problem}, status=400)
    with visit.house.store.database.begin() as connection:
        carers.set_factor(connection, visit.me.id, factors.new_factor())
    return visit.go("/account/factor")


def show_factor(visit: Visit) -> Response:
    """The QR code; shown until it was confirmed."""
    return _factor(visit)


def confirm_factor(visit: Visit) -> Response:
    """Switch the second factor on with a first right code, and show the paper codes once."""
    factor, key = visit.me.factor, f"code:{visit.me.id}"
    if factor is None or factor.confirmed:
        return visit.go("/account")
    if visit.house.limits.wait(key, ACCOUNT, time.monotonic()):
        return _factor(visit, problem="wait", status=429)
    after = factors.accept(factor, visit.field("code"), visit.now)
    if after is None:
        visit.house.limits.wrong(key, ACCOUNT, time.monotonic())
        return _factor(visit, problem="code", status=400)
    codes = factors.paper_codes()
    after = factors.with_paper(factors.confirmed(after), codes)
    with visit.house.store.database.begin() as connection:
        carers.set_factor(connection, visit.me.id, after)
        visit.write_down(connection, "second factor on", {})
    return visit.show("papercodes", codes=codes)


def end_factor(visit: Visit) -> Response:
    """Switch the second factor off, after the password was given once more."""
    if problem := _wrong_password(visit):
        return _page(visit, problems={"factor_password": problem}, status=400)
    with visit.house.store.database.begin() as connection:
        carers.set_factor(connection, visit.me.id, None)
        visit.write_down(connection, "second factor off", {})
    return visit.go("/account", "factor_off")


def _page(visit: Visit, *, problems: dict[str, str] | None = None, status: int = 200) -> Response:
    with visit.house.store.database.read() as connection:
        count = sessions.count_sessions(connection, visit.me.id, visit.now)
    return visit.show("account", status, problems=problems or {}, browsers=count)


def _factor(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    factor = visit.me.factor
    if factor is None or factor.confirmed:
        return visit.go("/account")
    address = factors.address(factor, visit.me.login, visit.house.companion_name)
    code = segno.make(address, error="m")
    # Without a style of its own, which the content security policy would refuse.
    drawn = code.svg_inline(
        scale=5, border=4, dark="#1d2b2a", light="#ffffff", omitsize=True, svgclass="qr"
    )
    secret = " ".join(factor.secret[n : n + 4] for n in range(0, len(factor.secret), 4))
    picture = Markup(drawn)  # our own drawing
    return visit.show("factor", status, picture=picture, secret=secret, problem=problem)


def _wrong_password(visit: Visit) -> str:
    key = f"again:{visit.me.id}"
    if visit.house.limits.wait(key, ACCOUNT, time.monotonic()):
        return "wait"
    if visit.house.passwords.verify(visit.me.password, visit.secret("password")):
        visit.house.limits.right(key)
        return ""
    visit.house.limits.wrong(key, ACCOUNT, time.monotonic())
    return "password"
