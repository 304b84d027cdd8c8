"""Every page of the hub and who may open it.

Each route says which permission it needs; one that says nothing cannot be made. Whoever is not
logged in is sent to the login, whoever may not is told so; neither gets any data.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from companion.care.hub.accounts import IDLE_S, LONGEST_S, Accounts, Session
from companion.care.hub.store import Store
from companion.care.hub.ward import resident, ward
from companion.care.hub.web.pages import STYLE, render
from companion.errors import HubError, StorageError

COOKIE: Final = "__Host-hub"
PLAIN_COOKIE: Final = "hub"
"""Over loopback without TLS, where ``__Host-`` is not allowed."""

OPEN: Final = "open to all"
_LONGEST_FORM: Final = 4096
_TRIES: Final = 8
"""Wrong logins of one account, or from one address, after which none is looked at for a while."""
_TRIES_S: Final = 300.0

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; img-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """What the pages need."""

    store: Store
    accounts: Accounts
    secure: bool
    """Served over TLS, by itself or by a proxy in front."""
    now: Callable[[], float] = time.time
    trouble: Callable[[], str] = lambda: ""
    """What is wrong with broker or database, in words."""
    _wrong: dict[str, list[float]] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return COOKIE if self.secure else PLAIN_COOKIE

    def held_back(self, *names: str) -> bool:
        """Return whether so many wrong logins came that none is looked at now."""
        now = self.now()
        for name in list(self._wrong):
            self._wrong[name] = [at for at in self._wrong[name] if 0 <= now - at < _TRIES_S]
            if not self._wrong[name]:
                del self._wrong[name]
        return any(len(self._wrong.get(name, ())) >= _TRIES for name in names)

    def wrong(self, *names: str) -> None:
        """Count a wrong login."""
        for name in names:
            self._wrong.setdefault(name, []).append(self.now())


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it."""

    request: Request
    doors: Doors
    session: Session
    form: FormData


View = Callable[[Visit], Response]


def build(doors: Doors) -> Starlette:
    """Return the web application."""
    app = Starlette(
        routes=[
            _open("/login", "GET", doors, _login_page),
            _open("/login", "POST", doors, _log_in),
            _open("/style.css", "GET", doors, _style),
            _open("/healthz", "GET", doors, _healthz),
            _guarded("/", "GET", "", doors, _home),
            _guarded("/ward", "GET", "ward", doors, _ward),
            _guarded("/devices", "GET", "devices", doors, _devices),
            _guarded("/residents/{device}", "GET", "ward", doors, _resident),
            _guarded("/alerts/{device}/{alert}/answer", "POST", "answer", doors, _answer),
            _guarded("/logout", "POST", "", doors, _log_out),
        ],
        exception_handlers={
            HTTPException: _refused,
            StorageError: _down,
        },
        middleware=[Middleware(_Headers, secure=doors.secure)],
    )
    return app


class _Headers:
    """Puts the same strict headers on every answer."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        more = {"Strict-Transport-Security": "max-age=31536000"} if secure else {}
        self._headers = [
            (name.lower().encode(), value.encode()) for name, value in (HEADERS | more).items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        await self._app(scope, receive, send_with)


def _open(
    path: str,
    method: Literal["GET", "POST"],
    doors: Doors,
    view: Callable[[Request, Doors, FormData], Response],
) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(view, request, doors, form)

    endpoint.__dict__["permission"] = OPEN
    return Route(path, endpoint, methods=[method], name=f"{method} {path}")


def _guarded(
    path: str, method: Literal["GET", "POST"], permission: str, doors: Doors, view: View
) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(_admit, request, doors, form, permission, view)

    endpoint.__dict__["permission"] = permission
    return Route(path, endpoint, methods=[method], name=f"{method} {path}")


def _admit(request: Request, doors: Doors, form: FormData, permission: str, view: View) -> Response:
    cookie = request.cookies.get(doors.cookie, "")
    session = doors.accounts.session(cookie, doors.now()) if cookie else None
    if session is None:
        return RedirectResponse("/login", 303)
    if permission and not session.may(permission):
        raise HTTPException(403)
    if request.method == "POST" and not hmac.compare_digest(
        str(form.get("csrf", "")).encode(), session.csrf.encode()
    ):
        raise HTTPException(403)
    return view(Visit(request, doors, session, form))


async def _form(request: Request) -> FormData:
    if request.method != "POST":
        return FormData()
    length = request.headers.get("content-length", "")
    kind = request.headers.get("content-type", "").partition(";")[0]
    if not length.isdecimal() or int(length) > _LONGEST_FORM:
        raise HTTPException(413)
    if kind != "application/x-www-form-urlencoded" or not _same_site(request):
        raise HTTPException(403)
    return await request.form()


def _same_site(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return origin is None
    return urlsplit(origin).netloc == request.headers.get("host", "")


def _login_page(request: Request, doors: Doors, form: FormData) -> Response:
    return render("login.html", wrong=False)


def _log_in(request: Request, doors: Doors, form: FormData) -> Response:
    login, password = str(form.get("login", ""))[:64], str(form.get("password", ""))[:256]
    names = (f"login {login.strip().lower()}", f"from {_address(request)}")
    if doors.held_back(*names):
        return render("login.html", 429, wrong=True, wait=True)
    cookie = doors.accounts.log_in(login, password, doors.now())
    if cookie is None:
        doors.wrong(*names)
        return render("login.html", 403, wrong=True)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        doors.cookie,
        cookie,
        max_age=int(LONGEST_S),
        path="/",
        secure=doors.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _style(request: Request, doors: Doors, form: FormData) -> Response:
    return Response(STYLE, media_type="text/css")


def _healthz(request: Request, doors: Doors, form: FormData) -> Response:
    return PlainTextResponse("ok")


def _home(visit: Visit) -> Response:
    return RedirectResponse("/ward" if visit.session.may("ward") else "/devices", 303)


def _ward(visit: Visit) -> Response:
    found = ward(visit.doors.store, visit.session, visit.doors.now())
    return _page(visit, "ward.html", residents=found, refresh=30)


def _devices(visit: Visit) -> Response:
    found = ward(visit.doors.store, visit.session, visit.doors.now())
    ordered = sorted(found, key=lambda one: (not one.silent, one.label))
    return _page(visit, "devices.html", residents=ordered, refresh=60)


def _resident(visit: Visit) -> Response:
    name = visit.request.path_params["device"]
    found = resident(visit.doors.store, visit.session, name, visit.doors.now())
    if found is None:
        raise HTTPException(404)
    return _page(visit, "resident.html", one=found)


def _answer(visit: Visit) -> Response:
    where = visit.request.path_params
    who = visit.session
    try:
        visit.doors.store.answer(
            where["device"],
            where["alert"],
            f"{who.name} ({who.role})",
            who.login,
            visit.doors.now(),
        )
    except HubError:
        # Somebody was faster, or there never was one: either way the ward shows how it is.
        return RedirectResponse("/ward", 303)
    return RedirectResponse("/ward", 303)


def _log_out(visit: Visit) -> Response:
    visit.doors.accounts.log_out(visit.session)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(visit.doors.cookie, path="/", secure=visit.doors.secure)
    return answer


def _page(visit: Visit, template: str, **values: Any) -> Response:
    doors = visit.doors
    return render(template, who=visit.session, now=doors.now(), trouble=doors.trouble(), **values)


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return render("refused.html", status, status=status)


def _down(request: Request, error: Exception) -> Response:
    return render("refused.html", 503, status=503)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


__all__ = ["COOKIE", "HEADERS", "IDLE_S", "OPEN", "PLAIN_COOKIE", "Doors", "Visit", "build"]
