"""Carries one alert as far as it goes now: claim, tell, write down, settle.

Before each message the try is written down, after it the result. A process killed in between
leaves a try without an end, so the next message to that contact says that it may be a repeat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Protocol

from companion.safety.alerts.channel import TOO_LATE, Outcome, Sender
from companion.safety.alerts.links import Links
from companion.safety.alerts.messages import Message, Words
from companion.safety.alerts.policy import Plan, Rules, after, plan, stale, tells, uncounted
from companion.storage.alert import Alert, Contact, Delivery


class Box(Protocol):
    """Where alerts lie: ``storage.outbox.Outbox``, or ``SpareBox`` when that fails."""

    def claim(self, alert_id: str, now: float, until: float) -> Alert | None:
        """Take a due alert."""

    def renew(self, alert: Alert, until: float) -> bool:
        """Prolong a claim."""

    def begin(self, alert: Alert, contact_id: str, now: float) -> Delivery | None:
        """Write down that a contact is about to be told."""

    def end(self, alert: Alert, delivery: Delivery) -> None:
        """Write down how a try ended."""

    def settle(self, alert: Alert, after: Alert) -> bool:
        """Write what comes next."""


class BoxLostError(Exception):
    """The box failed in the middle of the work."""

    def __init__(self, alert: Alert | None) -> None:
        """Keep what is known.

        Args:
            alert: with the deliveries made; None when it could not even be claimed.
        """
        super().__init__("the outbox failed")
        self.alert = alert


@dataclass(frozen=True, slots=True)
class Courier:
    """Tells contacts."""

    sender: Sender
    words: Words
    links: Links
    rules: Rules
    now: Callable[[], float]
    minute: Callable[[float], float]
    """Turns seconds since 1970 into the minute of the local day."""

    def carry(self, box: Box, alert_id: str, contacts: Sequence[Contact]) -> None:
        """Tell whoever is to be told of a due alert now.

        Raises:
            BoxLostError: the box failed; what was sent is in the error.
        """
        now = self.now()
        try:
            alert = box.claim(alert_id, now, now + self.rules.lease_s)
        except Exception as error:
            raise BoxLostError(None) from error
        if alert is None:
            return
        # A process killed before it settled left tries that arrived but are not counted.
        told, failed = uncounted(alert), set[str]()
        todo = Plan()
        try:
            while True:
                now = self.now()
                todo = plan(
                    alert,
                    contacts,
                    self.words.kin,
                    self.rules,
                    now=now,
                    minute=self.minute(now),
                    told=told,
                    failed=failed,
                )
                if not todo.tell or stale(alert, self.rules, now):
                    break
                until = now + self.rules.lease_s
                if not box.renew(alert, until):
                    return
                alert = replace(alert, due_at=until)
                pairs: list[tuple[Contact, Delivery]] = []
                for contact in todo.tell:
                    one = box.begin(alert, contact.id, now)
                    if one is not None:
                        pairs.append((contact, one))
                        alert = replace(alert, deliveries=(*alert.deliveries, one))
                if not pairs:
                    return
                for contact, one, outcome in self._send_all(alert, pairs):
                    done = ended(one, outcome, self.now())
                    # First in memory: if the box fails now, nobody is told twice unmarked.
                    alert = replace(alert, deliveries=swapped(alert.deliveries, one, done))
                    told += outcome.ok
                    if not outcome.ok:
                        failed.add(contact.id)
                    box.end(alert, done)
            now = self.now()
            box.settle(
                alert, after(alert, todo, self.rules, now=now, told=told, failed=len(failed))
            )
        except Exception as error:
            now = self.now()
            if not told and not failed:
                raise BoxLostError(replace(alert, due_at=now)) from error
            tried = len(failed)
            left = after(alert, todo, self.rules, now=now, told=told, failed=tried)
            raise BoxLostError(left) from error

    def _send_all(
        self, alert: Alert, pairs: Sequence[tuple[Contact, Delivery]]
    ) -> Iterator[tuple[Contact, Delivery, Outcome]]:
        """Send side by side, so that one slow channel does not hold back another."""
        results: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()

        def work(index: int, channel: str, message: Message) -> None:
            try:
                outcome = self.sender.send(channel, message)
            except Exception as error:
                outcome = Outcome(False, f"the channel failed ({type(error).__name__})")
            results.put((index, outcome))

        for index, (contact, one) in enumerate(pairs):
            args = (index, contact.channel, self._message(alert, contact, one))
            threading.Thread(target=work, args=args, name="alert-out", daemon=True).start()
        return self._arriving(pairs, results)

    def _arriving(
        self,
        pairs: Sequence[tuple[Contact, Delivery]],
        results: SimpleQueue[tuple[int, Outcome]],
    ) -> Iterator[tuple[Contact, Delivery, Outcome]]:
        missing = dict(enumerate(pairs))
        while missing:
            try:
                index, outcome = results.get(timeout=self.rules.send_s + 1.0)
            except Empty:
                for contact, one in missing.values():
                    yield contact, one, Outcome(False, TOO_LATE, unsure=True)
                return
            yield *missing.pop(index), outcome

    def _message(self, alert: Alert, contact: Contact, one: Delivery) -> Message:
        return self.words.alert(
            alert.tier,
            alert.category,
            at=alert.at,
            code=alert.code,
            link=self.links.url(alert.id, contact.id, self.now()),
            repeat=one.repeat,
            reminder=bool(tells(alert, contact.id)),
        )


def ended(one: Delivery, outcome: Outcome, now: float) -> Delivery:
    """Return a try with its end; one that may have arrived gets none."""
    if outcome.unsure:
        return replace(one, ok=False, error=outcome.error)
    return replace(one, ended_at=now, ok=outcome.ok, error=outcome.error or None)


def swapped(tries: Sequence[Delivery], old: Delivery, new: Delivery) -> tuple[Delivery, ...]:
    """Return the tries with one replaced."""
    return tuple(new if one.id == old.id else one for one in tries)
