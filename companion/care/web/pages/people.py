"""People: who has an account, and what each may see; the owner decides."""

from __future__ import annotations

from starlette.responses import Response

from companion.care import inviting, sharing
from companion.care.web.visit import Visit
from companion.errors import StorageError
from companion.storage import carers, people, sessions


def show_people(visit: Visit) -> Response:
    """Everybody with an account."""
    return _page(visit)


def add(visit: Visit) -> Response:
    """Make an account for somebody, and show the invitation once."""
    name, relation = " ".join(visit.field("name").split()), visit.field("relation")
    role, login = visit.field("role"), visit.field("login").lower() or inviting.suggested(name)
    problems: dict[str, str] = {}
    if not name or len(name) > 100 or not name.isprintable():
        problems["name"] = "missing"
    if relation not in people.ROLES[1:]:
        problems["relation"] = "missing"
    if role not in sharing.DEFAULTS:
        problems["role"] = "missing"
    if not carers.is_login(login):
        problems["login"] = "login"
    if problems:
        return _page(visit, problems=problems, status=400)
    try:
        with visit.house.store.database.begin() as connection:
            person = people.find_person(connection, name)
            if person is None:
                person = people.add_person(connection, name, relation, at=visit.now)
            made = carers.add_carer(connection, person.id, login, role, at=visit.now)
            code = inviting.invite(connection, made.id, now=visit.now)
            visit.write_down(connection, "account made", {"account": made.id, "role": role})
    except StorageError:
        return _page(visit, problems={"login": "taken"}, status=400)
    return _page(visit, invited=(made, code))


def change_sharing(visit: Visit) -> Response:
    """Record what one of them may see."""
    carer = _carer(visit)
    if carer is None:
        return visit.show("error", 404, title_key="missing", detail="")
    ticked = set(visit.fields("share"))
    decided = {subject: subject in ticked for subject in sharing.SUBJECTS}
    with visit.house.store.database.begin() as connection:
        carers.share(connection, carer.id, decided, granted_by=visit.me.person_id, at=visit.now)
        data = {"account": carer.id, "shared": sorted(ticked & set(sharing.SUBJECTS))}
        visit.write_down(connection, "sharing changed", data)
    return visit.go("/people", "saved")


def invite_again(visit: Visit) -> Response:
    """Give somebody a new invitation, such as after a forgotten password."""
    carer = _carer(visit)
    if carer is None:
        return visit.show("error", 404, title_key="missing", detail="")
    with visit.house.store.database.begin() as connection:
        code = inviting.invite(connection, carer.id, now=visit.now)
        visit.write_down(connection, "invited again", {"account": carer.id})
    return _page(visit, invited=(carer, code))


def remove(visit: Visit) -> Response:
    """Remove an account; whoever is logged in with it is logged out at once."""
    carer = _carer(visit)
    if carer is None:
        return visit.show("error", 404, title_key="missing", detail="")
    with visit.house.store.database.begin() as connection:
        sessions.close_sessions(connection, carer.id)
        carers.remove_carer(connection, carer.id)
        visit.write_down(connection, "account removed", {"account": carer.id})
    return visit.go("/people", "removed")


def _carer(visit: Visit) -> carers.Carer | None:
    """Return the account a form is about; the owner's own is changed elsewhere."""
    with visit.house.store.database.read() as connection:
        found = carers.find(connection, visit.request.path_params["account"])
    return found if found is not None and found.role != "owner" else None


def _page(
    visit: Visit,
    *,
    problems: dict[str, str] | None = None,
    invited: tuple[carers.Carer, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.house.store.database.read() as connection:
        everybody = [one for one in carers.list_carers(connection) if one.role != "owner"]
    ticked = {
        one.id: frozenset(
            s for s in sharing.SUBJECTS if one.shared.get(s, s in sharing.DEFAULTS[one.role])
        )
        for one in everybody
    }
    really = {one.id: sharing.allowed(one, visit.consents) for one in everybody}
    return visit.show(
        "people",
        status,
        everybody=everybody,
        ticked=ticked,
        really=really,
        subjects=sharing.SUBJECTS,
        problems=problems or {},
        invited=invited,
        base=str(visit.request.base_url).rstrip("/"),
    )
