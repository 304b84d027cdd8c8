"""What every table and column means, in the words of an export's README."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Float, Table

from companion.storage import tables


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One table of an export."""

    name: str
    table: Table | None
    """None for the yearly counts, which are drawn from ``meta``."""
    about: str
    columns: Mapping[str, str]
    """Name -> words, in order; each time is followed by its ``_iso``."""
    order: tuple[str, ...] = ("id",)


_PERSON: Final = "whom it is about: the id of a row in people; empty when nobody in particular"
_EXPIRES: Final = "when it will be removed; empty: not before somebody erases it"

_WORDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "people": (
        "The person it lives with (the owner), those who care, and others it knows.",
        {
            "id": "a random number by which other tables name this person",
            "name": "what the person is called",
            "role": "owner, family, friend, nurse, therapist, neighbour, visitor",
            "created_at": "when the person was added",
        },
    ),
    "contacts": (
        "How people are reached when the owner needs help.",
        {
            "id": "a random number",
            "person_id": "who is reached: the id of a row in people",
            "position": "1 is told first, then 2, and so on",
            "channel": "the way (mail, ntfy, ...), with its passwords replaced by ****",
            "quiet_from": "beginning of the hours in which only emergencies are told (local time)",
            "quiet_to": "end of those hours",
            "categories": "kinds of danger they are told of; [] is all",
            "lowest_tier": "they are told from this tier on: 1 support, 2 concern, 3 urgent, "
            "4 emergency",
            "created_at": "when the contact was added",
        },
    ),
    "consents": (
        "What people agreed to, and took back. The last row for a person and subject counts.",
        {
            "id": "a running number",
            "person_id": "who: the id of a row in people",
            "subject": "what about: transcripts, mood, summary, alerts, memory, voiceprint, "
            "sharing, evening, full_text, hub",
            "granted": "yes, or no (refused or taken back)",
            "how": "spoken or typed",
            "version": "of the text that was agreed to",
            "at": "when",
        },
    ),
    "voiceprints": (
        "How people sound, one row for each of their microphones; only with their consent.",
        {
            "id": "a random number",
            "person_id": "who: the id of a row in people",
            "device": "the microphone it was made with",
            "model": "the network that made the numbers",
            "seconds": "how much speech it was made from",
            "sealed": "192 numbers or more; they are kept encrypted and not written out",
            "made_at": "when",
        },
    ),
    "learned": (
        "What was learned of people beyond words, such as how they usually sound.",
        {
            "person_id": "of whom: the id of a row in people",
            "kind": "what: feeling is how they usually sound, and their mood",
            "sealed": "numbers; they are kept encrypted and not written out",
            "at": "when it was last changed",
        },
    ),
    "memories": (
        "What people told of their lives, to be remembered; only with their consent.",
        {
            "number": "a running number",
            "id": "a random number by which companion forget finds it",
            "person_id": "who told it: the id of a row in people",
            "kind": "people, place, date, like, pet, work, life, health, routine or other",
            "subject": "whom it is about: me is the person, then such as daughter/anna",
            "relation": "what it tells: name, lives, birthday, work ...; said is anything",
            "value": "the name, place, date or thing itself",
            "sentence": "how it is said back to them",
            "day": "a date in it, year-month-day or month-day; empty when there is none",
            "told_at": "when it was said",
            "at": "when it was written down or last changed",
            "vector": "numbers that find it by meaning; not written out",
        },
    ),
    "carers": (
        "Accounts on the dashboard.",
        {
            "id": "a random number by which other tables name this account",
            "person_id": "whose account: the id of a row in people",
            "login": "the name used to log in",
            "role": "owner, family, nurse, therapist",
            "password": "kept as a hash only, and not written out",
            "invitation": "whether an invitation is open; it is not written out",
            "invited_until": "when the invitation ends",
            "sealed": "the second factor, if any; kept encrypted and not written out",
            "created_at": "when the account was made",
            "disabled_at": "when it was closed; empty: it is open",
        },
    ),
    "sessions": (
        "Who is logged in to the dashboard.",
        {
            "id": "what the browser proves itself with; not written out",
            "carer_id": "who: the id of a row in carers",
            "created_at": "when they logged in",
            "expires_at": "when they are logged out at the latest",
            "seen_at": "when they last looked (to the minute)",
            "complete": "no: the second factor is still missing",
        },
    ),
    "sharing": (
        "What the owner lets each account see; without a row the role decides.",
        {
            "carer_id": "who: the id of a row in carers",
            "subject": "what: mood, topics, summary, safety, reminders, medicines, scales, "
            "health_device",
            "allowed": "yes or no",
            "granted_by": "who decided: the id of a row in people",
            "at": "when",
        },
    ),
    "events": (
        "What happened, was said (only with consent), or was noticed.",
        {
            "id": "a running number",
            "at": "when",
            "kind": "transcript: words; mood: how the person seemed; summary: a short report; "
            "safety: a danger was noticed; notice: the person was told it is no human; "
            "turn: how and about what they spoke, without their words; listening: when it could "
            "hear; reminder, checkin, scale, message: what became of them; told: who was given "
            "a summary",
            "person_id": _PERSON,
            "data": "the details, as JSON",
            "expires_at": _EXPIRES,
        },
    ),
    "alerts": (
        "Calls for help that were raised.",
        {
            "id": "a random number",
            "at": "when",
            "tier": "how grave: 1 support, 2 concern, 3 urgent, 4 emergency",
            "category": "kind of danger",
            "topic": "more exactly, such as fall or stroke",
            "person_id": _PERSON,
            "accused": "names of people the concern was about; they are never told",
            "count": "how often the same was noticed",
            "state": "countdown, waiting, sent, acknowledged (somebody answered), cancelled, "
            "unreached (nobody could be told, or nobody answered)",
            "due_at": "when it was, or is, looked at again",
            "step": "how many messages were accepted",
            "attempts": "how many rounds of trying failed in a row",
            "code": "the reply code; never written out",
            "acknowledged_at": "when somebody answered",
            "acknowledged_by": "who answered",
            "expires_at": _EXPIRES,
        },
    ),
    "deliveries": (
        "Every try to reach a contact for an alert.",
        {
            "id": "a running number",
            "alert_id": "the id of a row in alerts",
            "contact_id": "the id of a row in contacts; empty when that contact was removed",
            "attempt": "which try it was",
            "began_at": "when it began",
            "ended_at": "when it ended; empty: it was cut short and may have arrived",
            "ok": "whether it was accepted",
            "error": "why not",
            "repeat": "whether it may be the second message about the same",
        },
    ),
    "outgoing": (
        "Evening summaries, messages to family, and what goes to a care team's hub.",
        {
            "id": "a random number",
            "lane": "contact or hub",
            "kind": "summary, message, alert, health, mood, withdrawn",
            "mark": "what it is about, so that nothing goes twice",
            "number": "which message to the hub it was, without gaps",
            "person_id": "to whom: the id of a row in people; empty for the hub",
            "contact_id": "by which way: the id of a row in contacts",
            "state": "waiting, sent, failed, cancelled",
            "at": "when it was written",
            "due_at": "when it was, or is, looked at again",
            "attempts": "how often it was tried",
            "began_at": "when a try began that had no clear end: it may have arrived",
            "sent_at": "when it was accepted",
            "event_id": "the summary it tells of: the id of a row in events",
            "full": "yes: the whole text; no: only word that it is ready",
            "digest": "SHA-256 of the words that were sent",
            "error": "why it did not go",
            "sealed": "the words while they wait; they are kept encrypted and not written out",
            "expires_at": _EXPIRES,
        },
    ),
    "audit": (
        "Who did what to this data. No words of the talk are in it.",
        {
            "id": "a running number without gaps",
            "at": "when",
            "actor": "who: a command, the sweeper, alerts, ...",
            "action": "what was done",
            "data": "details, as JSON",
            "previous": "the digest of the row before",
            "digest": "proves, with the key, that neither this row nor the one before was changed",
        },
    ),
}

_COUNTS: Final = ExportedTable(
    "counts",
    None,
    "How often each safety protocol was used in a year, without who and when.",
    {"year": "calendar year", "name": "kind of danger and tier", "count": "how often"},
)


def _with_iso(table: Table, words: Mapping[str, str]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for column in table.columns:
        # A new column must be explained here first.
        shown[column.name] = words[column.name]
        if isinstance(column.type, Float):
            shown[f"{column.name}_iso"] = "the same as date and time (UTC)"
    return shown


_ORDER: Final = {
    "people": ("created_at", "id"),
    "learned": ("person_id", "kind"),
    "memories": ("number",),
    "carers": ("created_at", "id"),
    "sessions": ("created_at", "id"),
    "sharing": ("carer_id", "subject"),
    "contacts": ("position", "id"),
    "alerts": ("at", "id"),
    "outgoing": ("at", "id"),
}


def _exported(name: str) -> ExportedTable:
    about, words = _WORDS[name]
    table = tables.metadata.tables[name]
    return ExportedTable(name, table, about, _with_iso(table, words), _ORDER.get(name, ("id",)))


TABLES: Final = (*map(_exported, _WORDS), _COUNTS)
"""All tables that are written out: every one but ``meta``, of which only the counts are."""
