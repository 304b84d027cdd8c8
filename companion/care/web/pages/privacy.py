"""Consent and privacy: what is kept, who looked, take it along, have it forgotten."""

from __future__ import annotations

import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from companion.care.limits import ACCOUNT
from companion.care.web.door import cookie_name
from companion.care.web.visit import Visit
from companion.storage import audit, carers, consents, people
from companion.storage.erase import erase
from companion.storage.export import export
from companion.storage.overview import learned_files, overview
from companion.storage.retention import sweep_withdrawn

LOOKS = 60
"""Newest looks shown."""
_BLOCK = 1 << 16


def show_privacy(visit: Visit) -> Response:
    """Everything about what is kept."""
    return _privacy(visit)


def change_consent(visit: Visit) -> Response:
    """Agree to something or take it back."""
    subject, granted = visit.field("subject"), visit.field("granted") == "yes"
    if subject not in visit.house.consent_texts():
        return visit.go("/privacy")
    record_consent(visit, subject, granted=granted)
    return visit.go("/privacy", "consent" if granted else "withdrawn")


def record_consent(visit: Visit, subject: str, *, granted: bool) -> None:
    """Write down what the owner said; what they took back is removed at once."""
    database = visit.house.store.database
    with database.begin() as connection:
        owner = people.owner(connection, at=visit.now)
        record = consents.give if granted else consents.withdraw
        record(
            connection,
            person_id=owner.id,
            subject=subject,
            how="typed",
            version=visit.house.consent_version,
            at=visit.now,
        )
        action = "consent given" if granted else "consent withdrawn"
        visit.write_down(connection, action, {"person": owner.id, "subject": subject})
    if not granted and sweep_withdrawn(database):
        database.checkpoint()


def take_along(visit: Visit) -> Response:
    """Send everything as one ZIP; the files made for it are removed afterwards."""
    if problem := _password_problem(visit):
        return _privacy(visit, export_problem=problem, status=400)
    # In the state folder, which only its owner can read, and not in a /tmp that others share.
    place = visit.house.place.state_dir
    work = Path(tempfile.mkdtemp(prefix=".care-export-", dir=place))
    try:
        made = export(visit.house.store.database, work / "companion", visit.now, _actor(visit))
        archive = work / "companion.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(made.folder.iterdir()):
                packed.write(file, f"companion/{file.name}")
        opened = archive.open("rb")
    finally:
        # An open file can still be read; nothing is left behind, even when we are killed later.
        shutil.rmtree(work, ignore_errors=True)
    name = time.strftime("companion-%Y-%m-%d.zip", time.localtime(visit.now))
    return StreamingResponse(
        _blocks(opened),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(opened.close),
    )


def forget(visit: Visit) -> Response:
    """Erase everything, when the word was typed and the password is right."""
    word = visit.language.text(ERASE_WORD)
    if visit.field("word").casefold() != word.casefold():
        return _privacy(visit, erase_problem="word", status=400)
    if problem := _password_problem(visit):
        return _privacy(visit, erase_problem=problem, status=400)
    house = visit.house
    done = erase(
        house.store.database,
        house.place,
        visit.now,
        passphrase=house.passphrase,
        actor="owner",
    )
    house.store.close()
    with house.store.database.read() as connection:
        house.look_for_owner(connection)
    visit.carer = visit.session = visit.owner = None
    response = visit.show("erased", erased=done)
    response.delete_cookie(cookie_name(house), path="/", secure=house.secure, httponly=True)
    return response


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for this mark)
    """Mark a text for translation."""
    return text


ERASE_WORD = N_("erase")
"""What is typed to erase, in the language of the page."""


def _privacy(
    visit: Visit, *, export_problem: str = "", erase_problem: str = "", status: int = 200
) -> Response:
    house = visit.house
    database = house.store.database
    with database.read() as connection:
        names = {one.id: one.name for one in carers.list_carers(connection)}
        looks = audit.newest(connection, LOOKS, actors="carer:")
    files = learned_files(house.place.state_dir)
    known = house.consent_texts()
    return visit.show(
        "privacy",
        status,
        kept=overview(database, visit.now, house.retention, (house.place.key_path, *files)),
        known=known,
        looks=[(row, names.get(row.actor.removeprefix("carer:"))) for row in looks],
        export_problem=export_problem,
        erase_problem=erase_problem,
        word=ERASE_WORD,
    )


def _password_problem(visit: Visit) -> str:
    key, now = f"again:{visit.me.id}", time.monotonic()
    if visit.house.limits.wait(key, ACCOUNT, now):
        return "wait"
    if visit.house.passwords.verify(visit.me.password, visit.secret("password")):
        visit.house.limits.right(key)
        return ""
    visit.house.limits.wrong(key, ACCOUNT, now)
    return "password"


def _actor(visit: Visit) -> str:
    return f"carer:{visit.me.id}"


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with ExitStack() as closing:
        closing.callback(file.close)
        while block := file.read(_BLOCK):
            yield block
