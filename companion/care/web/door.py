"""The door of every page: who asks, may they, did the form come from us; only then the page."""

from __future__ import annotations

import secrets
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from companion.care.house import House, given
from companion.care.web.languages import LANGUAGES, language, preferred
from companion.care.web.tokens import is_genuine, is_same_origin
from companion.care.web.visit import Access, Page, Visit
from companion.errors import CompanionError
from companion.storage import carers, sessions

LONGEST_BODY: Final = 64 * 1024
"""Bytes of a form."""
LANGUAGE_COOKIE: Final = "companion_language"
_YEAR_S: Final = 365 * 86_400


def cookie_name(house: House) -> str:
    """Return the name of the session cookie; ``__Host-`` ties it to this very host."""
    return "__Host-companion" if house.secure else "companion"


def set_cookie(house: House, response: Response, token: str) -> None:
    """Give the browser its token; it goes when the browser is closed."""
    response.set_cookie(
        cookie_name(house), token, path="/", secure=house.secure, httponly=True, samesite="lax"
    )


async def enter(house: House, page: Page, request: Request) -> Response:
    """Answer one request."""
    form = FormData()
    if request.method == "POST":
        if int(request.headers.get("content-length") or LONGEST_BODY + 1) > LONGEST_BODY:
            return Response("too much", 413)
        form = await request.form(max_files=0, max_fields=200)
    return await run_in_threadpool(_answer, house, page, request, form)


def _answer(house: House, page: Page, request: Request, form: FormData) -> Response:
    visit = _visit(house, request, form)
    try:
        _recognise(visit)
        response = _refused(visit, page) or _open(visit, page)
    except CompanionError as error:
        # Said in full to the owner only: to others the way of our files is none of their business.
        detail = str(error) if visit.is_owner else ""
        response = visit.show("error", 503, title_key="trouble", detail=detail)
    if visit.fresh_cookie and not response.headers.get("set-cookie"):
        set_cookie(house, response, visit.cookie)
    return response


def _visit(house: House, request: Request, form: FormData) -> Visit:
    cookie = request.cookies.get(cookie_name(house), "")
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen not in LANGUAGES:
        chosen = preferred(request.headers.get("accept-language", ""), house.language)
    return Visit(
        request=request,
        house=house,
        now=house.now(),
        language=language(chosen),
        cookie=cookie or secrets.token_urlsafe(32),
        form=form,
        fresh_cookie=not cookie,
    )


def _recognise(visit: Visit) -> None:
    house = visit.house
    with house.store.database.read() as connection:
        house.look_for_owner(connection)
        visit.owner, visit.consents = given(connection)
        idle_s = house.settings.idle_min * 60.0
        if visit.fresh_cookie:
            return
        found = sessions.find_session(connection, visit.cookie, now=visit.now, idle_s=idle_s)
        if found is None:
            return
        account = carers.find(connection, found.carer_id)
        if account is None or account.disabled_at is not None or account.password is None:
            return
        visit.session, visit.carer = found, account


def _refused(visit: Visit, page: Page) -> Response | None:
    """Return why this visitor does not get this page; None when they do."""
    session, request = visit.session, visit.request
    if page.method == "POST":
        host = request.headers.get("host", "")
        genuine = is_genuine(
            None if visit.fresh_cookie else visit.cookie, visit.field("token")
        ) and is_same_origin(request.headers.get("origin"), host, visit.house.secure)
        if not genuine:
            visit.carer = visit.session = None
            return visit.show("error", 403, title_key="form", detail="")
    if page.access is Access.ANYONE:
        return None
    if page.access is Access.HALF:
        return None if session is not None and not session.complete else visit.go("/login")
    if session is None or not session.complete:
        visit.carer = visit.session = None
        if visit.house.setup_code is not None:
            return visit.go("/setup")
        back = request.url.path if request.method == "GET" else "/"
        return visit.go("/login" if back == "/" else f"/login?next={back}")
    wrong = page.access is Access.OWNER and not visit.is_owner
    if wrong or (page.subject and not any(map(visit.may, page.subject))):
        return visit.show("error", 403, title_key="not_shared", detail="")
    return None


def _open(visit: Visit, page: Page) -> Response:
    if visit.session is not None and visit.carer is not None and page.access is not Access.ANYONE:
        with visit.house.store.database.begin() as connection:
            if sessions.needs_touch(visit.session, visit.now):
                sessions.touch(connection, visit.session, visit.now)
            # First the note, then the page: nobody looks without it being seen.
            if page.reads and page.method == "GET":
                visit.write_down(connection, "looked", {"page": page.reads})
    return page.handler(visit)


def choose_language(visit: Visit) -> Response:
    """Keep the language somebody chose, and go back to where they were."""
    from companion.care.web.tokens import safe_path

    response = visit.go(safe_path(visit.field("back")))
    if visit.field("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            visit.field("language"),
            max_age=_YEAR_S,
            secure=visit.house.secure,
            httponly=True,
            samesite="lax",
        )
    return response
