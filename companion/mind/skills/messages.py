"""Messages to the person's own people: read back, confirmed, and only then on their way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from companion.domain import Exchange, ReplyPart
from companion.errors import CompanionError
from companion.mind.skills.room import Consent
from companion.mind.skills.sentences import Meant, Sentences

LONGEST_WORDS: Final = 60


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who could get a message."""

    id: str
    name: str
    role: str
    reachable: bool


Some = tuple[Addressee, ...]


class Post(Protocol):
    """Whoever carries messages."""

    def people(self) -> Sequence[Addressee]:
        """Return everybody known but the owner; may raise ``StorageError``."""
        ...

    def send(self, person_ids: Sequence[str], words: str) -> None:
        """Send some a message; trouble is told to the person later, once, and not raised."""
        ...

    def waits_until(self, person_id: str, now: datetime) -> datetime | None:
        """Return when somebody's quiet hours end; None when it goes at once."""
        ...


@dataclass(frozen=True, slots=True)
class Messages:
    """A ``Handler``."""

    sentences: Sentences
    post: Post
    consent: Consent

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {"message": self._message, "message_bare": self._bare, "call": self._call}

    def confirm(self, to: Some, words: str, now: datetime) -> Exchange:
        """Return the reading back of a message."""
        texts = self.sentences.texts
        parts = texts.say("message", "confirm", who=self.called(to), words=words.rstrip(" ."))
        return Exchange(parts, then=_Confirm(self, to, words))

    def called(self, some: Some) -> str:
        """Return how some are spoken of: "Anna", "Anna, Ben and Clare"."""
        return self.sentences.times.joined([one.name for one in some])

    def find(self, who: str) -> list[Addressee] | None:
        """Return whom a name or role means; None when nobody is known by it."""
        wanted = _bare_role(who)
        wanted = self.sentences.texts.tree["roles"].get(wanted, wanted)
        try:
            everybody = self.post.people()
        except CompanionError:
            return None
        found = [
            one
            for one in everybody
            if wanted in (one.name.lower(), one.role, f"{one.role} {one.name.lower()}")
            or wanted == one.name.lower().split()[0]
        ]
        if self._everybody(who):
            found = [one for one in everybody if one.reachable]
        return found or None

    def reach(self, who: str, now: datetime, go_on: Callable[[Some], Exchange]) -> Exchange | None:
        """Return what follows for whoever is meant; None when nobody is."""
        texts = self.sentences.texts
        found = self.find(who)
        if found is None:
            return None
        able = tuple(one for one in found if one.reachable)
        if not able:
            return Exchange(texts.say("message", "nobody", who=found[0].name))
        if len(able) == 1 or self._everybody(who):
            return go_on(able)
        names = [one.name for one in able]
        choices = f" {texts.line('reminder', 'or')} ".join([", ".join(names[:-1]), names[-1]])
        asked = texts.say("message", "which", choices=choices)
        return Exchange(asked, then=_Which(self, able, go_on))

    def _everybody(self, who: str) -> bool:
        return _bare_role(who) in self.sentences.texts.tree["roles_all"]

    def _message(self, meant: Meant, now: datetime) -> Exchange | None:
        if meant.when.said:
            return None  # "come at five": read again with the time, which belongs to the message
        words = meant.verbatim("words")
        if meant.slot("words").split()[:1] == ["about"]:
            return self._bare(meant, now)
        if len(words.split()) > LONGEST_WORDS:
            return None
        if re.match(r"\W*\w+\W+\w*\W*ask\b|\W*ask\b", meant.text.lower()):
            words = self.sentences.texts.line("message", "ask", words=words)
        return self.reach(meant.slot("who"), now, lambda some: self.confirm(some, words, now))

    def _bare(self, meant: Meant, now: datetime) -> Exchange | None:
        def ask(some: Some) -> Exchange:
            asked = self.sentences.texts.say("message", "what", who=self.called(some))
            return Exchange(asked, then=_Words(self, some))

        return self.reach(meant.slot("who"), now, ask)

    def _call(self, meant: Meant, now: datetime) -> Exchange | None:
        texts = self.sentences.texts
        found = self.find(meant.slot("who"))
        if found is None:
            return None  # "call me Rose"
        able = [one for one in found if one.reachable]
        if not able:
            return Exchange(texts.say("message", "cannot_call_nobody", who=found[0].name))
        some = (able[0],)
        parts = texts.say("message", "cannot_call", who=self.called(some))
        return Exchange(parts, then=_Confirm(self, some, texts.line("message", "please_call")))


class _Waiting:
    def unheard(self, now: datetime) -> Exchange | None:
        """Send nothing without a word."""
        return None


@dataclass(frozen=True)
class _Confirm(_Waiting):
    messages: Messages
    to: Some
    words: str

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Send on a yes; on a no ask what to say instead, once."""
        messages, texts = self.messages, self.messages.sentences.texts
        answer = messages.consent(text)
        if answer is None:
            return None
        if not answer:
            return Exchange(texts.say("message", "not_sent"))
        waits = [(one, messages.post.waits_until(one.id, now)) for one in self.to]
        parts: tuple[ReplyPart, ...] = ()
        if at_once := tuple(one for one, until in waits if until is None):
            parts = texts.say("message", "sent", who=messages.called(at_once))
        for one, until in waits:
            if until is not None:
                times = messages.sentences.times
                when = f"{times.day(until.date(), now, until.hour)} "
                when += times.clock(until.hour, until.minute)
                parts += texts.say("message", "sent_later", who=one.name, when=when)
        ids = [one.id for one in self.to]
        return Exchange(parts, effect=lambda: messages.post.send(ids, self.words))


@dataclass(frozen=True)
class _Words(_Waiting):
    messages: Messages
    to: Some

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Take the whole utterance as the message."""
        messages = self.messages
        if messages.consent(text) is False or len(text.split()) > LONGEST_WORDS:
            return Exchange(messages.sentences.texts.say("message", "not_sent"))
        words = re.sub(
            r"^\W*(?:please )?(?:tell|say to) (?:her|him|them)(?: that)? |^\W*say (?:that )?",
            "",
            text.strip(),
            flags=re.IGNORECASE,
        )
        return messages.confirm(self.to, words, now)


@dataclass(frozen=True)
class _Which(_Waiting):
    messages: Messages
    some: Some
    go_on: Callable[[Some], Exchange]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Go on with whoever is named, one or all."""
        words = f" {self.messages.sentences.times.words(text)} "
        if any(f" {all_} " in words for all_ in self.messages.sentences.texts.tree["both"]):
            return self.go_on(self.some)
        named = tuple(
            one
            for one in self.some
            if f" {one.name.lower()} " in words or f" {one.name.lower().split()[0]} " in words
        )
        alike = tuple(one for one in self.some if f" {one.role} " in words)
        found = named or (alike if len(alike) == 1 else ())
        return self.go_on(found) if found else None


def _bare_role(who: str) -> str:
    return who.lower().removeprefix("my ").removeprefix("the ").strip()


__all__ = ["Addressee", "Messages", "Post"]
