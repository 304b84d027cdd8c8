"""The pure rules: sharing, guessing, codes, names we go by, periods, charts, languages."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pyotp
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import companion.care
from companion.care import factors, sharing
from companion.care.hosts import is_ours
from companion.care.limits import ACCOUNT, Limits
from companion.care.passwords import weakness
from companion.care.periods import SPANS, gather, spread
from companion.care.readings import Day, Estimate
from companion.care.reminding import Reminder, mistakes
from companion.care.tls import fingerprint, own_certificate
from companion.care.web import charts
from companion.care.web.languages import catalogue_path, language, preferred
from companion.care.web.tokens import safe_path
from companion.storage.carers import Carer

ALL = frozenset({"sharing", "summary", "mood", "alerts"})


def account(role: str, **shared: bool) -> Carer:
    return Carer("c", "p", "N", role, "n", role, None, None, None, None, 0.0, None, shared)


@pytest.mark.parametrize("role", ["family", "nurse", "therapist", "owner", "stranger"])
@pytest.mark.parametrize("subject", [*sharing.SUBJECTS, "audit", ""])
def test_without_consent_only_the_owner_sees_anything(role: str, subject: str) -> None:
    known = subject in sharing.SUBJECTS
    assert sharing.may(account(role), subject, frozenset()) is (role == "owner" and known)


def test_the_owner_decides_over_the_role_and_consent_over_both() -> None:
    assert sharing.may(account("family"), "safety", ALL)
    assert not sharing.may(account("family", safety=False), "safety", ALL)
    assert sharing.may(account("therapist", safety=True), "safety", ALL)
    assert not sharing.may(account("therapist", safety=True), "safety", ALL - {"alerts"})
    assert not sharing.may(account("stranger"), "summary", ALL)
    assert not sharing.may_edit(account("therapist", reminders=True), "reminders", ALL)
    assert sharing.may_edit(account("nurse"), "medicines", ALL)


def test_guessing_costs_ever_more_and_is_forgiven() -> None:
    limits = Limits()
    for number in range(ACCOUNT.free):
        assert limits.wait("a", ACCOUNT, 0.0) == 0.0, number
        limits.wrong("a", ACCOUNT, 0.0)
    assert limits.wait("a", ACCOUNT, 0.0) == 2.0
    for _ in range(3):
        limits.wrong("a", ACCOUNT, 0.0)
    assert limits.wait("a", ACCOUNT, 0.0) == 16.0
    assert limits.wait("a", ACCOUNT, 10.0) == 6.0
    for _ in range(60):
        limits.wrong("a", ACCOUNT, 0.0)
    assert limits.wait("a", ACCOUNT, 0.0) == ACCOUNT.longest_s
    assert limits.wait("b", ACCOUNT, 0.0) == 0.0
    assert limits.wait("a", ACCOUNT, ACCOUNT.forgets_s + 1) == 0.0
    limits.right("a")
    assert limits.wait("a", ACCOUNT, 0.0) == 0.0


def test_a_code_is_right_once_and_never_again() -> None:
    factor, now = factors.new_factor(), 1_800_000_000.0
    code = pyotp.TOTP(factor.secret).at(int(now))
    after = factors.accept(factor, code, now)
    assert after is not None
    assert factors.accept(after, code, now) is None
    assert factors.accept(after, pyotp.TOTP(factor.secret).at(int(now) - 30), now) is None
    assert factors.accept(after, pyotp.TOTP(factor.secret).at(int(now) + 30), now) is not None
    assert factors.accept(factor, pyotp.TOTP(factor.secret).at(int(now) - 90), now) is None
    papers = factors.paper_codes()
    factor = factors.with_paper(after, papers)
    used = factors.accept(factor, papers[3].upper().replace("-", " "), now)
    assert used is not None
    assert len(used.recovery) == len(papers) - 1
    assert factors.accept(used, papers[3], now) is None
    for bad in ("", "000", "x" * 500, "１２３４５６"):
        assert factors.accept(factor, bad, now) is None


def test_easy_passwords_are_refused() -> None:
    assert weakness("short") == "short"
    assert weakness("x" * 300) == "long"
    assert weakness("aaaaaaaaaaaa") == "guessable"
    assert weakness("Password1234") == "guessable"
    assert weakness("anna.berger1", about=("anna.berger",)) == "guessable"
    assert weakness("seven quiet herons", about=("anna",)) is None


@pytest.mark.parametrize(
    ("header", "fine"),
    [
        ("localhost", True),
        ("LOCALHOST:8478", True),
        ("192.168.1.7:8478", True),
        ("[fe80::1]:80", True),
        ("molly.local.", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("localhost:80@evil", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_our_names_and_plain_addresses_are_answered(header: str, fine: bool) -> None:
    assert is_ours(header, {"localhost", "molly.local"}) is fine


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil", "evil", "", "/login?next=/", "/\n"],
)
def test_nobody_is_sent_elsewhere(path: str) -> None:
    assert safe_path(path) == "/"


def test_a_place_of_ours_is_kept() -> None:
    assert safe_path("/trends?span=year") == "/trends?span=year"


def test_a_gap_stays_a_gap_and_few_days_stay_unsure() -> None:
    last = date(2026, 11, 23)
    first = last - timedelta(days=363)
    sure = Estimate(0.5, 0.4, 0.6)
    days = [Day(first + timedelta(days=n), sure, turns=3, contacts=1) for n in range(7)]
    points = gather(days, first, last, SPANS["year"])
    assert len(points) == 52
    assert points[0].contacts == 7
    assert points[1].mood is None
    assert points[1].days == 0
    assert points[-1].last == last
    whole = points[0].mood
    assert whole is not None
    assert whole.value == pytest.approx(0.5)
    assert whole.high - whole.low < sure.high - sure.low
    apart = spread([Estimate(-0.5, -0.5, -0.5), Estimate(0.5, 0.5, 0.5)])
    assert apart.high - apart.low > 1.0


def test_a_chart_is_sound_svg_and_lets_nothing_in() -> None:
    points = [Estimate(0.1, -0.2, 0.3), None, Estimate(5.0, -9.0, 9.0), Estimate(0, 0, 0)]
    beside = {-1.0: "low", 0.0: "<even>", 1.0: "bright"}
    drawn = charts.band(points, beside, {0: "<Mon>"}, title='a"b', words="<script>")
    tree = ElementTree.fromstring(str(drawn))
    bands = [e for e in tree if e.get("class") == "band"]
    assert len(bands) == 2, "the gap parts them"
    assert len([e for e in tree if e.get("class") == "dot"]) == 3
    assert "<script>" not in drawn
    numbers = [
        float(n) for e in bands for n in e.get("d", "").strip("MZ").replace("L", " ").split()
    ]
    assert min(numbers) >= 0
    assert max(numbers[1::2]) <= charts.HEIGHT
    bars = charts.bars([0, None, 44], {}, title="t", words="w", number=str)
    rects = [e for e in ElementTree.fromstring(str(bars)) if e.get("class") == "bar"]
    assert len(rects) == 2
    assert ">60.0<" in bars


def test_mistakes_in_a_reminder_are_named() -> None:
    today = date(2026, 11, 23)
    assert mistakes(Reminder("", "other", "", "25:00", None, ()), today) == {
        "text": "missing",
        "clock": "clock",
        "when": "missing",
    }
    late = Reminder("", "bad", "x" * 121, "08:30", today - timedelta(days=1))
    assert mistakes(late, today) == {"text": "long", "kind": "unknown", "when": "past"}
    assert mistakes(Reminder("", "medicine", "tablet", "08:30", today), today) == {}


def test_every_sentence_is_there_in_german() -> None:
    folder = Path(companion.care.__file__).parent
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    options = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    keywords = {"_": None, "N_": None, "text": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(folder, methods, options, keywords)
    wanted = {message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found}
    with catalogue_path("de").open("rb") as file:
        catalogue = read_po(file, locale="de")
    known = {}
    for message in catalogue:
        known[message.id[0] if isinstance(message.id, tuple) else message.id] = message
    assert len(wanted) > 300
    assert wanted - known.keys() == set()
    assert known.keys() - wanted - {""} == set(), "nothing stale"
    for key, message in known.items():
        if key:
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(strings), key
            assert not message.fuzzy
            assert not [str(error) for error in message.check(catalogue)]


def test_a_browser_gets_the_language_it_asks_for() -> None:
    assert preferred("de-AT,de;q=0.9,en;q=0.5") == "de"
    assert preferred("fr, en-US;q=0.8, de;q=0.7") == "en"
    assert preferred("fr", "de") == "de"
    assert preferred("de;q=x,,;q=,de;q=0") == "en"
    assert language("xx").code == "en"
    assert language("de").text("Today") == "Heute"
    assert language("de").number(1234.5, 1) == "1.234,5"


def test_our_certificate_is_kept_private_and_made_anew_in_time(tmp_path: Path) -> None:
    now = time.time()
    made, key = own_certificate(tmp_path / "care", ["molly.local", "192.168.1.7"], now)
    assert key.stat().st_mode & 0o077 == 0
    first = fingerprint(made)
    assert len(first) == 95
    own_certificate(tmp_path / "care", ["molly.local"], now + 86_400)
    assert fingerprint(made) == first
    own_certificate(tmp_path / "care", ["molly.local"], now + 810 * 86_400)
    assert fingerprint(made) != first
