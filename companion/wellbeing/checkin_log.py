"""What the companion said first, whether it was answered, and what was asked of it; as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter, ValidationError

from companion.domain import JsonObject
from companion.errors import WellbeingError

DAY_S: Final = 86_400.0
KEPT_S: Final = 40 * DAY_S
AWAY_S: Final = DAY_S
"""Who was not heard for so long was away: what they did not answer then is forgotten."""
ANSWER_S: Final = 150.0
"""Seconds after an offer within which a word counts as an answer."""
SAID_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that was said first."""

    kind: str
    at: float
    """Seconds since 1970."""
    about: str = ""
    """Which appointment or anniversary; empty for others."""
    answered: bool | None = None
    """None while it may still be answered."""


@dataclass(frozen=True, slots=True)
class CheckinLog:
    """The memory of check-ins. Every change makes a new one."""

    offers: tuple[Offer, ...] = ()
    unanswered: int = 0
    """In a row; how far it backs off."""
    snoozed_until: float = 0.0
    heard_at: float | None = None
    """When the person was last heard; None is never."""
    silence_tries: int = 0
    """Unanswered questions into the present silence."""
    told: bool = False
    """Whether a concern about the present silence was offered."""
    said: tuple[str, ...] = ()
    """Ids of the newest lines, so that none comes again soon."""

    @property
    def open(self) -> Offer | None:
        """The offer that may still be answered."""
        return self.offers[-1] if self.offers and self.offers[-1].answered is None else None

    def last(self, *kinds: str) -> Offer | None:
        """Return the newest offer of these kinds; of any when none is named."""
        found = (o for o in reversed(self.offers) if not kinds or o.kind in kinds)
        return next(found, None)

    def offered(self, kind: str, at: float, about: str = "", line: str = "") -> CheckinLog:
        """Return the log after something was said first."""
        kept = tuple(o for o in self.offers if at - o.at < KEPT_S)
        said = (*self.said, line)[-SAID_KEPT:] if line else self.said
        return replace(self, offers=(*kept, Offer(kind, at, about)), said=said)

    def heard(self, at: float) -> CheckinLog:
        """Return the log after the person spoke: that may answer the open offer."""
        log = self
        was_away = self.heard_at is not None and at - self.heard_at > AWAY_S
        if self.open is not None and 0 <= at - self.open.at <= ANSWER_S:
            log = replace(log, offers=_closed(log.offers, True), unanswered=0)
        elif was_away:
            log = replace(log, unanswered=0)
        newest = at if self.heard_at is None else max(at, self.heard_at)
        return replace(log, heard_at=newest, silence_tries=0, told=False)

    def missed(self, at: float) -> CheckinLog:
        """Return the log once the open offer can no longer be answered; else the same."""
        if self.open is None or at - self.open.at <= ANSWER_S:
            return self
        tries = self.silence_tries + (self.open.kind == "silence")
        return replace(
            self,
            offers=_closed(self.offers, False),
            unanswered=self.unanswered + 1,
            silence_tries=tries,
        )

    def snoozed(self, until: float) -> CheckinLog:
        """Return the log after the person wished for peace; being told so is an answer."""
        offers = _closed(self.offers, True) if self.open else self.offers
        return replace(self, offers=offers, snoozed_until=until)

    def to_json(self) -> JsonObject:
        """Return what ``from_json`` takes."""
        data: JsonObject = _ADAPTER.dump_python(self, mode="json")
        return data


def _closed(offers: tuple[Offer, ...], answered: bool) -> tuple[Offer, ...]:
    return (*offers[:-1], replace(offers[-1], answered=answered))


_ADAPTER: Final = TypeAdapter(CheckinLog)


def log_from_json(data: JsonObject) -> CheckinLog:
    """Return a log that was kept.

    Raises:
        WellbeingError: it is damaged; it is best to begin anew.
    """
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        raise WellbeingError("what was kept of check-ins is damaged; it begins anew") from error


__all__ = ["ANSWER_S", "CheckinLog", "Offer", "log_from_json"]
