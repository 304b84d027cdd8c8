"""A browser without a screen for the dashboard."""

from __future__ import annotations

import re

import httpx2
from starlette.testclient import TestClient
from support.care_house import PASSWORD

from companion.care.house import House
from companion.care.web.application import build


class Browser(TestClient):
    """Keeps cookies, does not follow redirects, and can fill in our forms."""

    def __init__(self, house: House) -> None:
        super().__init__(build(house), follow_redirects=False, raise_server_exceptions=True)

    def token(self, path: str = "/login") -> str:
        page = self.get(path, follow_redirects=True)
        found = re.search(r'name="token" value="([0-9a-f]+)"', page.text)
        assert found, page.text
        return found[1]

    def submit(self, path: str, data: dict[str, object] | None = None) -> httpx2.Response:
        """Post a form with a right token."""
        return self.post(path, data={**(data or {}), "token": self.token()})

    def log_in(self, login: str, password: str = PASSWORD) -> httpx2.Response:
        return self.submit("/login", {"login": login, "password": password})
