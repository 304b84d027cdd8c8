"""What was taken: noted when told, looked up when asked, and never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from companion.domain import Exchange
from companion.errors import StorageError
from companion.mind.skills.reminder_answers import named
from companion.mind.skills.sentences import Meant, Sentences
from companion.mind.skills.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Medicines:
    """A ``Handler``."""

    sentences: Sentences
    shelf: Shelf

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {"taken": self._taken, "taken_ask": self._asked, "not_taken": self._not_taken}

    def _taken(self, meant: Meant, now: datetime) -> Exchange | None:
        try:
            waiting = self.shelf.due_medicines(now)
        except StorageError:
            return None
        if not waiting:
            return None  # nothing is waited for: it is talk
        texts = self.sentences.texts
        verbs = texts.tree["verbs"]["words"]
        words = texts.turned(self.sentences.times.words(meant.text)).split()
        # Of "I've taken my heart tablet" the drops are not noted; of "my pills" all are.
        said = named(waiting, " ".join(word for word in words if word not in verbs))
        due = [one.id for one in said or waiting]
        return Exchange(
            self.sentences.texts.say("taken", "done", now),
            effect=lambda: self.shelf.taken(due, now),
        )

    def _asked(self, meant: Meant, now: datetime) -> Exchange:
        texts, times = self.sentences.texts, self.sentences.times
        try:
            last = self.shelf.last_taken(now)
        except StorageError:
            last = None
        if last is None:
            return Exchange(texts.say("taken", "not_told"))
        outcome, at = last
        key = "told" if outcome == "done" else "told_refused"
        return Exchange(texts.say("taken", key, clock=times.clock(at.hour, at.minute)))

    def _not_taken(self, meant: Meant, now: datetime) -> Exchange:
        return Exchange(self.sentences.texts.say("taken", "not_taken"))


__all__ = ["Medicines"]
