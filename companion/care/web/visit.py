"""One request: who asks, what they may see, and how they are answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from companion.care import sharing
from companion.care.house import House
from companion.care.web import rendering
from companion.care.web.languages import Language
from companion.care.web.tokens import form_token
from companion.storage import audit
from companion.storage.carers import Carer
from companion.storage.people import Person
from companion.storage.sessions import Session


class Access(Enum):
    """Who may come to a page at all."""

    ANYONE = "anyone"
    """Shows nothing of the person: login, setup, invitations."""
    HALF = "half"
    """The password was right, the second factor is missing."""
    CARER = "carer"
    """Somebody with an account."""
    OWNER = "owner"


@dataclass(slots=True)
class Visit:
    """What a page knows of its request."""

    request: Request
    house: House
    now: float
    """Seconds since 1970."""
    language: Language
    cookie: str
    """The session's token, or that of a browser that is not logged in."""
    carer: Carer | None = None
    session: Session | None = None
    owner: Person | None = None
    consents: frozenset[str] = frozenset()
    form: FormData = field(default_factory=FormData)
    fresh_cookie: bool = False
    """The browser had no cookie: it gets one with the answer."""

    @property
    def me(self) -> Carer:
        """Who is logged in; only for pages that need somebody."""
        assert self.carer is not None
        return self.carer

    @property
    def is_owner(self) -> bool:
        """Whether it is the owner's own account."""
        return self.carer is not None and self.carer.role == "owner"

    @property
    def address(self) -> str:
        """Where the request comes from; a proxy on this machine is believed."""
        client = self.request.client.host if self.request.client else ""
        if self.house.settings.proxy:
            return self.request.headers.get("x-forwarded-for", client).split(",")[-1].strip()
        return client

    def may(self, subject: str) -> bool:
        """Return whether they may see a subject."""
        return self.carer is not None and sharing.may(self.carer, subject, self.consents)

    def sees(self, *subjects: str) -> bool:
        """Return whether they may see one of some subjects."""
        return any(map(self.may, subjects))

    def may_edit(self, subject: str) -> bool:
        """Return whether they may change what belongs to a subject."""
        return self.carer is not None and sharing.may_edit(self.carer, subject, self.consents)

    def field(self, name: str) -> str:
        """Return one value of the form, without space around it."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def secret(self, name: str) -> str:
        """Return a password of the form exactly as typed."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """Return all values of one name, such as ticked boxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def write_down(self, connection: Connection, action: str, data: Mapping[str, object]) -> None:
        """Add to the audit what they did; never names or words."""
        actor = f"carer:{self.carer.id}" if self.carer else "dashboard"
        audit.append(connection, self.now, actor, action, data)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        text = rendering.render(template, self.language, {**self._common(), **values})
        return HTMLResponse(text, status)

    def go(self, path: str, done: str = "") -> Response:
        """Return the way to another page, which says what was done."""
        return RedirectResponse(f"{path}?done={done}" if done else path, 303)

    def _common(self) -> dict[str, Any]:
        shown = sharing.allowed(self.carer, self.consents) if self.carer else frozenset()
        complete = self.session is not None and self.session.complete
        return {
            "visit": self,
            "me": self.carer if complete else None,
            "owner": self.owner,
            "companion": self.house.companion_name,
            "shown": shown,
            "form_token": form_token(self.cookie),
            "path": self.request.url.path,
            "done": self.request.query_params.get("done", ""),
        }


Handler = Callable[[Visit], Response]
"""Runs on a thread; may block."""


@dataclass(frozen=True, slots=True)
class Page:
    """One route. Whoever adds one must say who may come."""

    path: str
    method: str
    handler: Handler
    access: Access
    subject: tuple[str, ...] = ()
    """They need one of these; none is needed when it is empty."""
    reads: str = ""
    """Name of the page in the audit; empty for pages that show nothing of the person."""
