"""Messages that the owner asks to be sent: "tell my daughter I'm fine"."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from companion.care.allowed import is_accused, is_simulated, the_owner
from companion.care.postman import Postman, choose
from companion.errors import AlertError
from companion.storage import outgoing
from companion.storage.outgoing import CONTACT
from companion.storage.people import contacts, list_people
from companion.storage.records import DAY_S, add_event

LONGEST: Final = 1000
"""Characters of a message."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that is on its way."""

    id: str
    to: str
    """The name of whoever gets it."""
    at_once: bool
    """False: they keep quiet hours, it goes when these end."""
    due_at: float
    """When it is tried first, seconds since 1970."""


class Messenger:
    """Sends messages through the same post as summaries; the words are kept only until then."""

    def __init__(self, postman: Postman) -> None:
        self._postman = postman

    def send(self, to_person: str, text: str) -> Posted:
        """Put a message into the post; the owner has confirmed it.

        Args:
            to_person: id of a row in people.
            text: what they are told.

        Raises:
            AlertError: an empty message, nobody of that id, no way to reach them, or they are
                accused of harm in an alert.
            StorageError: the database cannot be written.
        """
        words = " ".join(text.split())
        if not words or len(words) > LONGEST:
            raise AlertError(f"a message has 1 to {LONGEST} characters")
        post = self._postman
        now = post.now()
        with post.database.begin() as connection:
            if is_simulated(connection):
                raise AlertError("this is a demonstration: nothing is sent from it")
            person = next((p for p in list_people(connection) if p.id == to_person), None)
            if person is None or person.role == "owner":
                raise AlertError("there is nobody of that name to tell: see companion people list")
            ways = contacts(connection, person.id)
            if not ways or is_accused(connection, person, post.kin):
                raise AlertError(
                    f"there is no way to reach {person.name}: companion people contact NAME"
                )
            way, wait = choose(ways, post.minute(now), 0)
            row = outgoing.add(
                connection,
                lane=CONTACT,
                kind="message",
                mark=f"message:{secrets.token_hex(16)}",
                at=now,
                due_at=now + wait,
                content={"text": words},
                person_id=person.id,
                expires_at=now + post.rules.keep_days * DAY_S,
            )
        assert row is not None
        post.wake()
        return Posted(row.id, person.name, way is not None, row.due_at)

    def cancel(self, message_id: str) -> bool:
        """Stop a message; return whether it was stopped before any try.

        Raises:
            StorageError: the database cannot be written.
        """
        post = self._postman
        now = post.now()
        with post.database.begin() as connection:
            row = outgoing.get(connection, message_id)
            if row is None or not outgoing.cancel(connection, message_id):
                return False
            owner = the_owner(connection)
            role = next((p.role for p in list_people(connection) if p.id == row.person_id), "")
            add_event(
                connection,
                at=now,
                kind="message",
                data={"to": role, "state": "cancelled"},
                person_id=owner.id if owner else None,
                expires_at=now + post.rules.keep_days * DAY_S,
            )
        return True
