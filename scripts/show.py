"""Take pictures of the dashboard and samples of the voice, from a made-up life, into a folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"phone": (390, 844), "desk": (1280, 900)}
PAGES = {
    "today": "/",
    "trends": "/trends",
    "alerts": "/alerts",
    "reminders": "/reminders",
    "device": "/device",
    "people": "/people",
    "privacy": "/privacy",
    "account": "/account",
    "more": "/more",
}
PASSWORD = "seven quiet herons"
SAMPLES = {
    "warm": "Good morning, Rose. It is good to hear you. How did you sleep?",
    "calm": "Take your time. There is no hurry at all.",
    "bright": "Your granddaughter passed her exam? How wonderful!",
    "concerned": "That sounds hard. Has the pain been there since yesterday?",
    "steady": "Please sit down. I am asking Anna to look in on you.",
    "neutral": "It is ten past four. Today is Monday.",
}
"""Tone -> what somebody might be told in it."""
REMINDERS = (
    ("take the heart tablet", "--at", "08:00", "--daily"),
    ("take the heart tablet", "--at", "18:00", "--daily"),
    ("choir practice in the church hall", "--at", "19:30", "--weekdays", "mon,thu"),
    ("the eye doctor", "--at", "10:00", "--on", "2030-01-15"),
)


def companion(config: Path, *words: str) -> str:
    """Run a command of ours.

    Raises:
        subprocess.CalledProcessError: it failed; its own words were printed.
    """
    command = [sys.executable, "-m", "companion", *words, "--config", str(config)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def furnish(folder: Path) -> Path:
    """Make a house with sixty made-up days; return its config file."""
    simulated = folder / "state"
    config = folder / "config.toml"

    def write(state: Path) -> None:
        lines = f'state_dir = "{state}"\n[persona]\nperson = "Rose"\n[care]\nport = {free_port()}\n'
        config.write_text(lines, "utf-8")

    write(folder / "real")
    words = ("--days", "60", "--seed", "4", "--plant", "sleep", "--to", str(simulated))
    companion(config, "simulate", "days", *words)
    write(simulated)
    for text, *rest in REMINDERS:
        companion(config, "remind", "add", text, *rest)
    return config


def free_port() -> int:
    """Return a port nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(config: Path) -> Iterator[tuple[str, str]]:
    """Serve the dashboard; yields its address and the one-time code."""
    command = [sys.executable, "-u", "-m", "companion", "care", "serve", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = ""
        try:
            for line in server.stdout:
                said += line
                if line.startswith("the dashboard is at"):
                    break
            base = re.search(r"dashboard is at (\S+)", said)
            code = re.search(r"one-time code: (\S+)", said)
            if base is None or code is None:
                raise RuntimeError(f"the dashboard did not start: {said}")
            yield base[1], code[1]
        finally:
            server.terminate()


def settle(page: Page, base: str, code: str) -> str:
    """Go through the first start as Rose; return the code that invites Anna."""
    page.goto(f"{base}/setup")
    page.get_by_label("One-time code").fill(code)
    for label, text in (("Name", "Rose"), ("Login", "rose")):
        page.get_by_label(label, exact=True).fill(text)
    for label in ("Password", "The same again"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill("Anna Berger")
    page.get_by_role("button", name="Invite").click()
    return page.locator("code.large").inner_text()


def accept(page: Page, base: str, invitation: str) -> None:
    """Take the invitation as Anna."""
    page.goto(f"{base}/invitation")
    page.get_by_label("Invitation code").fill(invitation)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()


def pictures(browser: Browser, base: str, code: str, folder: Path) -> list[str]:
    """Take every page at every width, as the owner and as family; return what looks wrong."""
    wrong: list[str] = []
    invitation = ""
    for login in ("rose", "anna.berger"):
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(f"{base}/login")
        if login == "rose":
            take(page, folder / "first-start", wrong, f"{base}/setup")
            invitation = settle(page, base, code)
        else:
            take(page, folder / "login", wrong, f"{base}/login")
            accept(page, base, invitation)
        for name, path in PAGES.items():
            answer = page.goto(base + path)
            if answer is not None and answer.ok:
                take(page, folder / f"{login.partition('.')[0]}-{name}", wrong, base + path)
        context.close()
    return wrong


def take(page: Page, stem: Path, wrong: list[str], url: str) -> None:
    """Save one page at each width; note when it is wider than the screen."""
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{stem.name} is wider than {width} px")
        # As tall as the page, so that the bar at the bottom is there and not across the middle.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, tall)})
        page.screenshot(path=stem.with_name(f"{stem.name}-{name}.png"))


def main() -> int:
    """Fill the folder that is named."""
    if len(sys.argv) != 2:
        print("usage: scripts/show FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("companion: chromium is missing: apt-get install chromium", file=sys.stderr)
        return 1
    os.environ.pop("COMPANION_PASSPHRASE", None)
    with tempfile.TemporaryDirectory() as scratch:
        config = furnish(Path(scratch))
        with served(config) as (base, code), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"] if os.getuid() == 0 else []
            )
            wrong = pictures(browser, base, code, folder)
            browser.close()
        for tone, text in SAMPLES.items():
            companion(config, "say", text, "--tone", tone, "--to", str(folder / f"{tone}.wav"))
    for line in wrong:
        print(f"companion: {line}", file=sys.stderr)
    print(f"{len(list(folder.glob('*.png')))} pictures, {len(SAMPLES)} samples in {folder}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
