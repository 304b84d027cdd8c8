"""Words to a reply: commands, danger, the model, the check, the fallback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Final, Literal

from companion.domain import Control, Exchange, ReplyPart, Skill, Stance, Tone, TurnContext
from companion.errors import ConfigError, MindError
from companion.mind.check import ReplyCheck
from companion.mind.commands import CommandEar
from companion.mind.exchanges import Exchanges
from companion.mind.fallback import Answer, Fallback
from companion.mind.history import History
from companion.mind.model import LanguageModel, Message, Sampling, ShouldStop
from companion.mind.prompts import Prompts
from companion.mind.sentences import sentences, split

Relevant = Callable[[str, datetime], tuple[str, ...]]
"""What is said, and when -> at most three sentences known of the person."""

Trust = Literal["starter", "small", "strong"]
"""How far a model is trusted.

``starter`` (under 1B) speaks only where no rule of the fallback knows better, one sentence,
checked strictly; ``small`` (1-4B) speaks first, and the fixed answers about itself, about what
it cannot do and about medicines stay; ``strong`` speaks first on everything but danger.
"""

MOST_SENTENCES: Final = 2
MOST_TOKENS: Final = 70
LONGEST_SAID: Final = 160
"""Words of one utterance shown to the model; of more, the last ones."""
FEWEST_SAID: Final = 5
"""Words a starter model needs to say anything sensible."""
RETRY_WITHIN_S: Final = 0.35
"""A second try is only begun when the first failed this soon: the person waits."""
FIRST_WITHIN_S: Final[dict[Trust, float]] = {"starter": 0.8, "small": 6.0, "strong": 8.0}
"""A model that has not finished its first sentence by then leaves the word to the fallback: past
3 s people find a reply clearly worse (design, section 1); a strong model is worth more patience."""
RESERVE_TOKENS: Final = 120
"""Kept free for the template, the note and the counting's error."""
SECOND_TEMPERATURE: Final = 0.7

_TONES: Final = {
    Stance.LISTEN: Tone.WARM,
    Stance.COMFORT: Tone.WARM,
    Stance.CELEBRATE: Tone.BRIGHT,
    Stance.STEADY: Tone.STEADY,
    Stance.CALM: Tone.CALM,
    Stance.ENCOURAGE_CONTACT: Tone.WARM,
}


class CompanionMind:
    """Satisfies the conversation's ``Mind``.

    Used from one thread at a time, except ``abort``, which any thread may call.
    """

    def __init__(
        self,
        prompts: Prompts,
        models: Sequence[LanguageModel] = (),
        *,
        trust: Trust = "starter",
        person: str | None = None,
        seed: int | None = None,
        now: Callable[[], datetime] = datetime.now,
        trouble: str | None = None,
        skills: Sequence[Skill] = (),
    ) -> None:
        """Put the mind together.

        Args:
            prompts: the language's texts.
            models: in order of preference; when one fails the next answers.
            trust: how far the models are trusted.
            person: what to call the owner.
            seed: makes second tries repeatable; None varies them by turn.
            now: tells the time and date.
            trouble: something that already went wrong, such as a model that is missing.
            skills: what is settled without a model, in order.

        Raises:
            ConfigError: a pattern in the prompts has a mistake.
        """
        self._models = tuple(models)
        self._trust = trust
        self._beginning = prompts.beginning(person)
        self._note = prompts.note
        self._seed = seed
        self._trouble = trouble
        self._history = History()
        self._now = now
        self._exchanges = Exchanges(skills, now)
        self._known = prompts.known
        self._relevant: Relevant | None = None
        self._epoch = 0
        self._lock = threading.Lock()
        self._warmed = False
        try:
            self._ear = CommandEar(prompts)
            self._fallback = Fallback(prompts, now)
            self._check = ReplyCheck(prompts, strict=trust == "starter")
        except (ValueError, KeyError) as error:
            raise ConfigError(f"prompts: {error}") from error

    # -- the reply -----------------------------------------------------------------------

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        """Yield the sentences of a reply, each checked; see ``Mind``."""
        stop = self._stopper()
        if (control := self._ear.recognise(text)) is not None:
            yield self._command(control)
            return
        if settled := self._exchanges.answer(text):
            yield from settled
            return
        voiced = context.feeling is None or context.feeling.voiced
        told = context.stance if voiced else Stance.LISTEN  # nothing may be said of the voice
        answer = self._fallback.answer(text, self._history.replies(), told)
        failed: tuple[str, ...] = ()
        if self._models and not self._settled(answer, text):
            spoken = ""
            for part in self._from_models(text, context, stop):
                if part.text:
                    spoken = part.text
                    yield part
                else:
                    failed = part.checks
            if spoken and self._trust == "starter" and "?" not in spoken and not stop():
                yield ReplyPart(self._fallback.more(self._history.replies()), "fallback")
            if spoken or stop():
                return
        tone = answer.tone if answer.tone is not Tone.WARM else _TONES[context.stance]
        for sentence in split(answer.text):
            if stop():
                return
            yield ReplyPart(sentence, "fallback", failed, tone=tone)

    def _settled(self, answer: Answer, text: str) -> bool:
        """Whether the fallback's answer is better than anything the model could say."""
        if answer.rule == "clock":
            return True
        if self._trust == "starter":
            # Of a few words it makes nonsense.
            return answer.specific or len(text.split()) < FEWEST_SAID
        return self._trust == "small" and answer.plain

    def _command(self, control: Control) -> ReplyPart:
        key: str = control.value
        if control is Control.REPEAT and not self._history.replies():
            key = "repeat_nothing"
        return ReplyPart(
            self._ear.replies.get(key, ""), "command", control=control, tone=Tone.NEUTRAL
        )

    def _from_models(
        self, text: str, context: TurnContext, stop: ShouldStop
    ) -> Iterator[ReplyPart]:
        """Yield good sentences; a part without text at the end carries the failed checks."""
        failed: tuple[str, ...] = ()
        for model in self._models:
            try:
                messages = self._prompt(model, text, context)
                began = time.perf_counter()
                due = began + FIRST_WITHIN_S[self._trust]
                spoken = False

                def give_up(due: float = due) -> bool:
                    return stop() or (not spoken and time.perf_counter() > due)  # noqa: B023

                for attempt in range(2):
                    for part in self._attempt(model, messages, text, context, attempt, give_up):
                        if part.text:
                            spoken = True
                            yield ReplyPart(part.text, "model", failed, tone=part.tone)
                        else:
                            failed = (*failed, *part.checks)
                    if spoken or stop() or time.perf_counter() - began > RETRY_WITHIN_S:
                        break
                if not spoken and time.perf_counter() > due:
                    failed = (*failed, "too_slow")
            except MindError as error:
                self._trouble = str(error)
                continue
            break
        yield ReplyPart("", "model", tuple(dict.fromkeys(failed)))

    def _attempt(
        self,
        model: LanguageModel,
        messages: Sequence[Message],
        text: str,
        context: TurnContext,
        attempt: int,
        stop: ShouldStop,
    ) -> Iterator[ReplyPart]:
        """Yield the sentences that pass; a part without text names why the first did not."""
        most = 1 if self._trust == "starter" else MOST_SENTENCES
        seed = self._seed if self._seed is not None else len(self._history.turns)
        sampling = Sampling(
            max_tokens=MOST_TOKENS,
            temperature=SECOND_TEMPERATURE * attempt,
            seed=seed + attempt,
        )
        earlier = self._history.replies()[-3:]
        before = " ".join((self._history.text(), *self._facts(text)))
        spoken: list[str] = []
        # The stream must be closed before another one begins.
        pieces = model.stream(messages, sampling, stop)
        with closing(pieces):  # type: ignore[type-var]
            for number, sentence in enumerate(sentences(pieces)):
                if stop() or number >= most:
                    return
                failed = self._check.failed(
                    sentence, text, before, [*earlier, *spoken], context.stance
                )
                if failed and not spoken:
                    yield ReplyPart("", "model", failed)
                    return
                if failed:
                    return
                spoken.append(sentence)
                yield ReplyPart(sentence, "model", tone=_TONES[context.stance])
        if not spoken and not stop():
            yield ReplyPart("", "model", ("empty",))

    def _prompt(self, model: LanguageModel, text: str, context: TurnContext) -> list[Message]:
        words = text.split()
        said = " ".join(words[-LONGEST_SAID:])
        feeling = context.feeling.phrase if context.feeling else ""
        if note := self._note(feeling, context.stance, interrupted=context.interrupted):
            said = f"{said}\n{note}"
        if known := self._known(self._facts(text)):
            said = f"{said}\n{known}"
        room = self._room(model) - model.count(said)
        messages = [*self._beginning, *self._history.messages(room, model.count)]
        if messages[-1].role == "user":
            said = f"{messages.pop().content} {said}"
        return [*messages, Message("user", said)]

    def _room(self, model: LanguageModel) -> int:
        """Return how many tokens the history may have."""
        fixed = sum(model.count(m.content) + 6 for m in self._beginning)
        return max(0, model.context_tokens - fixed - MOST_TOKENS - RESERVE_TOKENS)

    # -- between replies -----------------------------------------------------------------

    def abort(self) -> None:
        """Make a running ``reply`` or ``idle`` end at the next token; thread-safe."""
        with self._lock:
            self._epoch += 1

    def _stopper(self) -> ShouldStop:
        began = self._epoch
        return lambda: self._epoch != began

    def learn(self, skills: Sequence[Skill], relevant: Relevant | None = None) -> None:
        """Take these skills, in order, for those it had.

        Args:
            skills: what is settled without a model.
            relevant: returns what is known of the person that bears on what they say.
        """
        self._exchanges = Exchanges(skills, self._now)
        self._relevant = relevant

    def _facts(self, text: str) -> tuple[str, ...]:
        return self._relevant(text, self._now()) if self._relevant is not None else ()

    def commit(self, text: str) -> None:
        """Do what the committed turn asked for."""
        self._exchanges.commit(text)

    def expect(self, exchange: Exchange) -> None:
        """Learn that this was said unasked; the next words may answer it."""
        self._exchanges.expect(exchange)

    def unheard(self) -> tuple[ReplyPart, ...]:
        """Learn that nobody answered; return what is said to that."""
        return self._exchanges.unheard()

    def unsaid(self, exchange: Exchange) -> None:
        """Learn that this was to be said unasked and came too late."""
        self._exchanges.unsaid(exchange)

    def remember(self, said: str, heard: str) -> None:
        """Append a finished turn."""
        self._history.remember(said, heard)

    def start_afresh(self) -> None:
        """Forget the talk: the next words begin a new one."""
        self._history = History()
        self._exchanges.forget()

    def warm(self) -> None:
        """Bring the models to the prompt's beginning, from disk where possible; blocking."""
        for model in self._models:
            try:
                model.warm(self._beginning, keep=True)
            except MindError as error:
                self._trouble = str(error)
        self._warmed = True

    def idle(self) -> None:
        """Compact the history and warm the cache; blocking, abortable."""
        stop = self._stopper()
        if self._models and not self._warmed:
            self.warm()
        for model in self._models:
            room = self._room(model)
            self._history.compact(room, model.count)
            messages = [*self._beginning, *self._history.messages(room, model.count)]
            try:
                model.warm(messages, stop)
            except MindError as error:
                self._trouble = str(error)

    def take_trouble(self) -> str | None:
        """Return and clear one plain line about what last failed, or None."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def close(self) -> None:
        """Free the models."""
        for model in self._models:
            model.close()


__all__ = ["CompanionMind", "Relevant", "Trust"]
