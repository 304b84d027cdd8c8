"""The dashboard as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from companion.care.house import House
from companion.care.web import rendering
from companion.care.web.door import choose_language, enter
from companion.care.web.languages import language, preferred
from companion.care.web.pages import (
    account,
    alerts,
    device,
    login,
    people,
    privacy,
    reminders,
    setup,
    today,
    trends,
)
from companion.care.web.shield import Shield
from companion.care.web.visit import Access, Page, Visit

_ANYONE, _HALF, _CARER, _OWNER = Access.ANYONE, Access.HALF, Access.CARER, Access.OWNER
_TRENDS: Final = ("mood", "topics", "summary", "medicines")
_REMINDERS: Final = ("reminders", "medicines")


def _more(visit: Visit) -> Response:
    return visit.show("more")


PAGES: Final = (
    Page("/language", "POST", choose_language, _ANYONE),
    Page("/setup", "GET", setup.show_setup, _ANYONE),
    Page("/setup", "POST", setup.set_up, _ANYONE),
    Page("/setup/agree", "GET", setup.show_agree, _OWNER),
    Page("/setup/agree", "POST", setup.agree, _OWNER),
    Page("/login", "GET", login.show_login, _ANYONE),
    Page("/login", "POST", login.log_in, _ANYONE),
    Page("/login/code", "GET", login.show_code, _HALF),
    Page("/login/code", "POST", login.check_code, _HALF),
    Page("/logout", "POST", login.log_out, _ANYONE),
    Page("/invitation", "GET", login.show_invitation, _ANYONE),
    Page("/invitation", "POST", login.take_invitation, _ANYONE),
    Page("/", "GET", today.show_today, _CARER, reads="today"),
    Page("/more", "GET", _more, _CARER),
    Page("/trends", "GET", trends.show_trends, _CARER, _TRENDS, "trends"),
    Page("/alerts", "GET", alerts.show_alerts, _CARER, ("safety",), "alerts"),
    Page("/alerts/{alert}", "POST", alerts.acknowledge, _CARER, ("safety",)),
    Page("/reminders", "GET", reminders.show_reminders, _CARER, _REMINDERS, "reminders"),
    Page("/reminders", "POST", reminders.save, _CARER, _REMINDERS),
    Page("/reminders/{reminder}", "GET", reminders.show_edit, _CARER, _REMINDERS, "reminders"),
    Page("/reminders/{reminder}", "POST", reminders.save, _CARER, _REMINDERS),
    Page("/reminders/{reminder}/remove", "POST", reminders.remove, _CARER, _REMINDERS),
    Page("/device", "GET", device.show_device, _CARER, ("health_device",), "device"),
    Page("/people", "GET", people.show_people, _OWNER, reads="people"),
    Page("/people", "POST", people.add, _OWNER),
    Page("/people/{account}/sharing", "POST", people.change_sharing, _OWNER),
    Page("/people/{account}/invite", "POST", people.invite_again, _OWNER),
    Page("/people/{account}/remove", "POST", people.remove, _OWNER),
    Page("/privacy", "GET", privacy.show_privacy, _OWNER, reads="privacy"),
    Page("/privacy/consent", "POST", privacy.change_consent, _OWNER),
    Page("/privacy/export", "POST", privacy.take_along, _OWNER),
    Page("/privacy/erase", "POST", privacy.forget, _OWNER),
    Page("/account", "GET", account.show_account, _CARER),
    Page("/account/password", "POST", account.change_password, _CARER),
    Page("/account/factor/begin", "POST", account.begin_factor, _CARER),
    Page("/account/factor", "GET", account.show_factor, _CARER),
    Page("/account/factor", "POST", account.confirm_factor, _CARER),
    Page("/account/factor/end", "POST", account.end_factor, _CARER),
)
"""Every page, and who may come."""


def build(house: House) -> Starlette:
    """Return the application.

    Args:
        house: what its pages work with.
    """
    routes: list[Route | Mount] = [_route(house, page) for page in PAGES]
    routes.append(Mount("/static", StaticFiles(directory=rendering.STATIC)))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Shield, names=house.names)],
        exception_handlers={
            HTTPException: partial(_http_error, house),
            Exception: partial(_failure, house),
        },
    )


def _route(house: House, page: Page) -> Route:
    async def endpoint(request: Request) -> Response:
        return await enter(house, page, request)

    answer: Callable[[Request], Awaitable[Response]] = endpoint
    # Starlette would answer HEAD as GET, unseen by the tests of every route.
    route = Route(page.path, answer, methods=[page.method], name=f"{page.method} {page.path}")
    route.methods = {page.method}
    return route


async def _http_error(house: House, request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _said(house, request, "missing" if status == 404 else "wrong", status)


async def _failure(house: House, request: Request, error: Exception) -> Response:
    return _said(house, request, "fault", 500)


def _said(house: House, request: Request, key: str, status: int) -> Response:
    code = preferred(request.headers.get("accept-language", ""), house.language)
    visit = Visit(request, house, house.now(), language(code), cookie="")
    return visit.show("error", status, title_key=key, detail="")
