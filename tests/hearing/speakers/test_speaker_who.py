"""The seam for the live loop: it answers, whatever happens."""

from __future__ import annotations

import threading
import time

import numpy as np
from hearing.speakers.conftest import Voices

from companion.domain import Match, Samples
from companion.errors import SpeakerError
from companion.hearing.speakers.background import Background
from companion.hearing.speakers.nouns import Taken
from companion.hearing.speakers.who import Who

SOUND = np.zeros(64_000, np.float32)


class Fake:
    def __init__(self, taken: Taken, *, wait_s: float = 0.0, error: str | None = None) -> None:
        self.taken, self.wait_s, self.error = taken, wait_s, error
        self.asked = self.warmed = 0
        self.closed = threading.Event()

    def warm(self) -> None:
        self.warmed += 1
        if self.error:
            raise SpeakerError(self.error)

    def take_apart(self, samples: Samples) -> Taken:
        self.asked += 1
        time.sleep(self.wait_s)
        if self.error:
            raise SpeakerError(self.error)
        return self.taken

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        self.closed.set()


async def test_a_known_voice_is_named(voices: Voices, background: Background) -> None:
    worker = Fake(Taken((voices.voice("Margaret"),)))
    who = Who(worker, background, [voices.print("Margaret")])
    assert who.working
    who.warm()
    found = await who.who(SOUND)
    assert (found.match, found.name) == (Match.YES, "Margaret")
    who.close()
    assert worker.warmed == 1
    assert worker.closed.is_set()


async def test_short_sound_and_nobody_enrolled_ask_nobody(
    voices: Voices, background: Background
) -> None:
    worker = Fake(Taken(()))
    who = Who(worker, background, [voices.print("Margaret")])
    assert (await who.who(SOUND[:20_000])).why == "too short"
    alone = Who(worker, background)
    alone.warm()
    assert (await alone.who(SOUND)).why == "nobody is enrolled"
    assert not alone.working
    assert worker.asked == worker.warmed == 0
    who.close()
    alone.close()


async def test_a_slow_worker_does_not_hold_up_the_talk(
    voices: Voices, background: Background
) -> None:
    worker = Fake(Taken((voices.voice("Margaret"),)), wait_s=0.4)
    who = Who(worker, background, [voices.print("Margaret")], patience_s=0.05)
    began = time.monotonic()
    found = await who.who(SOUND)
    assert time.monotonic() - began < 0.3
    assert (found.match, found.why) == (Match.UNSURE, "the speaker check was not ready")
    who.close()


async def test_trouble_is_told_once_until_it_works_again(
    voices: Voices, background: Background
) -> None:
    told: list[str] = []
    worker = Fake(Taken((voices.voice("Margaret"),)), error="it is broken")
    who = Who(worker, background, [voices.print("Margaret")], on_trouble=told.append)
    who.warm()
    for _ in range(3):
        assert (await who.who(SOUND)).match is Match.UNSURE
    assert told == ["it is broken"]
    worker.error = None
    assert (await who.who(SOUND)).match is Match.YES
    worker.error = "again"
    await who.who(SOUND)
    assert told == ["it is broken", "again"]
    who.close()


async def test_without_the_extra_only_the_owners_word_makes_every_voice_theirs() -> None:
    plain = Who(owner=("Margaret", "m"))
    plain.warm()
    found = await plain.who(SOUND)
    assert (found.match, found.name) == (Match.UNSURE, None)
    assumed = await Who(owner=("Margaret", "m"), assume_owner=True).who(SOUND[:0])
    assert (assumed.match, assumed.name, assumed.person_id) == (Match.YES, "Margaret", "m")
    plain.close()
