"""The summary by voice: hear it, leave lines out, ask who was told what, or send none at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import Field

from companion.domain import Exchange
from companion.errors import StorageError, WellbeingError
from companion.patterns import Patterns, normalise
from companion.wellbeing import pages, shared
from companion.wellbeing.replies import ReplyEar, Said
from companion.wellbeing.sheets import Reader, Sheets
from companion.wellbeing.texts import Section, prompt_path, read, spoken

PAGE: Final = 4
"""Sentences read in one go; then it asks whether to go on."""


class _Ask(Section):
    told: tuple[str, ...]
    read: tuple[str, ...]
    leave_out: tuple[str, ...]
    leave_out_not: tuple[str, ...]
    nothing: tuple[str, ...]
    stop: tuple[str, ...]
    page: tuple[str, ...]


class _Hear(Section):
    done: tuple[str, ...]
    more: tuple[str, ...]
    enough: tuple[str, ...]


class _About(Section):
    words: tuple[str, ...] = Field(min_length=1)
    ids: tuple[str, ...] = Field(min_length=1)


class SummaryWords(Section):
    """All that is asked and said about the summary."""

    everybody: tuple[str, ...]
    ask: _Ask
    hear: _Hear
    about: dict[str, _About]
    say: dict[str, str | tuple[str, ...]]

    def lines(self, name: str) -> tuple[str, ...]:
        """Return what is said on an occasion."""
        found = self.say[name]
        return (found,) if isinstance(found, str) else found


@dataclass(frozen=True, slots=True)
class SummarySkill:
    """Answers whatever the person asks about the summary; a ``domain.Skill``."""

    sheets: Sheets
    words: SummaryWords
    ear: ReplyEar
    roles: tuple[str, ...]
    """Every role that can be spoken of."""

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return what is said to a question or wish about the summary, or None."""
        said = normalise(text)
        ask = self.words.ask
        # Cheap first: the database is asked only when the words may be about a summary.
        lists = self._lists(())
        if not any(Patterns(kind, lists).find(said) for kind in self._kinds(ask)):
            readers = self._readers()
            lists = self._lists(readers)
            if not any(Patterns(kind, lists).find(said) for kind in self._kinds(ask)):
                return None
        try:
            return self._answer(said, lists, now)
        except StorageError:
            return Exchange(spoken(self.words.lines("no_page")))

    def first(self, now: datetime, readers: Sequence[Reader]) -> Exchange:
        """Return the offer to hear the page before it goes."""
        texts = pages.texts_of(self.sheets.language)
        who = texts.joined([texts.line("spoken", "your", to=one.role) for one in readers])
        return Exchange(
            spoken(self.words.lines("first"), {"who": who}),
            effect=_try(lambda: self.sheets.asked(now)),
            then=_Offered(self),
        )

    def read(self, now: datetime) -> Exchange:
        """Return the reading of today's page."""
        summary = self.sheets.page(now)
        lines = shared.spoken(summary, pages.texts_of(self.sheets.language))
        return self.pages(lines, _Reading(self, ()))

    def pages(self, lines: Sequence[str], then: _Reading) -> Exchange:
        """Return the first lines, and who hears what follows."""
        if len(lines) <= PAGE + 2:
            return Exchange(spoken(tuple(map(_safe, lines))), then=then)
        now, rest = lines[:PAGE], tuple(lines[PAGE:])
        asked = (*map(_safe, now), *self.words.lines("go_on"))
        return Exchange(spoken(asked), then=_Reading(self, rest))

    def leave_out(self, said: str, now: datetime, *, asked: bool) -> Exchange | None:
        """Return what becomes of the wish to leave something out; None if nothing is named."""
        ids = self.named(said)
        if not ids:
            return None
        day = now.astimezone(self.sheets.tz).date()
        texts = pages.texts_of(self.sheets.language)
        struck = shared.strike(self.sheets.page(now), ids, texts)
        if self.sheets.closed(day):
            parts = self.words.lines("already")
        elif struck.done or struck.refused:
            # "no such line" is for single ids; here a whole subject was meant.
            kinds = ("struck", struck.done), ("safety_stays", struck.refused)
            parts = tuple(texts.line("spoken", kind) for kind, some in kinds if some)
        else:
            parts = self.words.lines("unsaid")
        if asked:
            parts += self.words.lines("anything_else")
        return Exchange(
            spoken(parts),
            effect=_try(lambda: self.sheets.strike(ids, now)),
            then=_Reading(self, ()) if asked else None,
        )

    def named(self, said: str) -> tuple[str, ...]:
        """Return the lines that words are about."""
        found = [
            line
            for one in self.words.about.values()
            if Patterns(["<about>"], {"about": one.words}).find(said)
            for line in one.ids
        ]
        return tuple(dict.fromkeys(found))

    def _answer(self, said: str, lists: dict[str, Sequence[str]], now: datetime) -> Exchange | None:
        ask, words = self.words.ask, self.words

        def meant(kind: tuple[str, ...]) -> bool:
            return Patterns(kind, lists).find(said) is not None

        if meant(ask.stop):
            return Exchange(spoken(words.lines("stop_ask")), then=_Stopping(self))
        if meant(ask.nothing):
            effect = _try(lambda: self.sheets.hold(now))
            return Exchange(spoken(words.lines("nothing")), effect=effect)
        if meant(ask.leave_out) and not meant(ask.leave_out_not):
            return self.leave_out(said, now, asked=False) or self._unnamed(said, lists)
        if meant(ask.read):
            return self.read(now)
        return self._told(said, now) if meant(ask.told) else None

    def _unnamed(self, said: str, lists: dict[str, Sequence[str]]) -> Exchange | None:
        """Return what is said to "don't tell my daughter I broke the vase"."""
        if Patterns(self.words.ask.page, {}).find(said):
            return Exchange(spoken(self.words.lines("what")), then=_Reading(self, ()))
        somebody = [one for one in lists["who"] if one not in self.words.everybody]
        if not Patterns(["<who>"], {"who": somebody}).find(said):
            return None
        return Exchange(spoken(self.words.lines("not_passed")), then=_Reading(self, ()))

    def _told(self, said: str, now: datetime) -> Exchange:
        readers = self._readers()
        meant = [one.role for one in readers if _speaks_of(said, (one.name.lower(), one.role))]
        meant = meant or [one for one in self.roles if _speaks_of(said, (one,))]
        meant = meant or [one.role for one in readers]
        if not meant:
            return Exchange(spoken(self.words.lines("nobody")))
        lines: list[str] = []
        for role in dict.fromkeys(meant):
            tellings = self.sheets.told(role, now)[-3:]
            lines += [one.text for one in tellings]
            lines += tellings[-1].lines
        return self.pages(list(dict.fromkeys(lines)), _Reading(self, (), told=True))

    def _readers(self) -> tuple[Reader, ...]:
        try:
            return self.sheets.readers()
        except StorageError:
            return ()

    def _lists(self, readers: Sequence[Reader]) -> dict[str, Sequence[str]]:
        names = [one.name.lower() for one in readers]
        who = [*self.words.everybody, *names, *self.roles]
        mine = [f"my {role}" for role in self.roles]
        about = [word for one in self.words.about.values() for word in one.words]
        return {"who": [*mine, *who], "about": about}

    @staticmethod
    def _kinds(ask: _Ask) -> tuple[tuple[str, ...], ...]:
        return (ask.told, ask.read, ask.leave_out, ask.nothing, ask.stop)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Hears what is said between the pages and after the last."""

    skill: SummarySkill
    rest: tuple[str, ...]
    told: bool = False
    """Others were told this: nothing can be left out of it."""

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Go on, leave out, or end; None for anything else."""
        skill, said = self.skill, normalise(text)
        hear = skill.words.hear
        answer = skill.ear.consent(text)
        try:
            if not self.told and (found := skill.leave_out(said, now, asked=True)) is not None:
                return found
            if Patterns(hear.enough, {}).find(said):
                return Exchange(spoken(skill.words.lines("as_it_is")))
            if self.rest and (answer is Said.YES or Patterns(hear.more, {}).find(said)):
                return skill.pages(self.rest, _Reading(skill, (), self.told))
        except StorageError:
            return Exchange(spoken(skill.words.lines("no_page")))
        if answer is Said.NO or Patterns(hear.done, {}).find(said):
            return Exchange(spoken(skill.words.lines("as_it_is")))
        if answer is Said.YES and not self.told:
            return Exchange(spoken(skill.words.lines("what")), then=self)
        return None

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing: silence leaves the page as it is."""
        return None


@dataclass(frozen=True, slots=True)
class _Offered:
    """Hears whether the person wants to hear the page before it goes."""

    skill: SummarySkill

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Read it, or leave it."""
        answer = self.skill.ear.consent(text)
        try:
            if answer is Said.YES:
                return self.skill.read(now)
        except StorageError:
            return Exchange(spoken(self.skill.words.lines("no_page")))
        if answer is Said.NO:
            return Exchange(spoken(self.skill.words.lines("first_no")))
        return None

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing."""
        return None


@dataclass(frozen=True, slots=True)
class _Stopping:
    """Hears whether summaries are really not wanted any more."""

    skill: SummarySkill

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Stop on a clear yes."""
        skill = self.skill
        answer = skill.ear.consent(text)
        if answer is Said.YES:
            effect = _try(lambda: skill.sheets.stop(now))
            return Exchange(spoken(skill.words.lines("stop_done")), effect=effect)
        return Exchange(spoken(skill.words.lines("stop_kept"))) if answer is Said.NO else None

    def unheard(self, now: datetime) -> Exchange | None:
        """Change nothing without a word."""
        return None


def _speaks_of(said: str, words: Sequence[str]) -> bool:
    return Patterns(["<who>"], {"who": words}).find(said) is not None


def _safe(line: str) -> str:
    """Return a line for ``format``, which it must survive unchanged."""
    return line.replace("{", "{{").replace("}", "}}")


def _try(write: Callable[[], object]) -> Callable[[], None]:
    """Return an effect whose failing database does not end the talk; the diary reports it."""

    def run() -> None:
        try:
            write()
        except StorageError:
            return

    return run


@lru_cache
def load_summary_words(language: str = "en", path: Path | None = None) -> SummaryWords:
    """Read ``wellbeing/summary_talk.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    path = path or prompt_path(language, "wellbeing", "summary_talk.toml")
    words = read(SummaryWords, path)
    lists = {"who": ("anna",), "about": ("sleep",)}
    try:
        for patterns in (*SummarySkill._kinds(words.ask), words.ask.leave_out_not):
            Patterns(patterns, lists)
    except ValueError as error:
        raise WellbeingError(f"{path}: {error}") from error
    wanted = {
        "first",
        "first_no",
        "go_on",
        "as_it_is",
        "anything_else",
        "what",
        "unsaid",
        "already",
    }
    wanted |= {"nothing", "stop_ask", "stop_done", "stop_kept", "nobody", "no_page"}
    if missing := wanted - set(words.say):
        raise WellbeingError(f"{path}: [say] lacks {', '.join(sorted(missing))}")
    return words


__all__ = ["SummarySkill", "SummaryWords", "load_summary_words"]
