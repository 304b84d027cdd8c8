"""docs/licences.md and docs/sbom.json: all that we build on."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from companion.service.catalogue import Model, load_catalogue
from supply.locks import DEVICE, EXTRAS, MACHINES, PYTHONS, ROOT, Locked, applies, read, wanted

Facts = Mapping[str, Mapping[str, Any]]

_HEAD = """# Licences

Made by `scripts/docs` from `requirements.lock`, `requirements-extras.lock` and
`models/catalogue.toml`; a test fails when it is out of date. The same as CycloneDX: `sbom.json`.

companion itself is **{own}**, because [Piper](https://github.com/OHF-Voice/piper1-gpl) is.
Licences are those that each distribution states of itself, as SPDX; libraries inside wheels bring
their own, in `*.dist-info/licenses`. "Read in" tells what was not stated as an SPDX expression, and
where we read it; "BSD" without a number was taken for BSD-3-Clause.
"""
_NVIDIA = """
**NVIDIA's libraries** are not free software. They come only with the registry's torch for x86_64,
which the extra `speakers` asks for; with PyTorch's CPU build ([speakers](speakers.md)) none is
installed.
"""


def extras_of(locked: list[Locked], facts: Facts) -> dict[str, set[str]]:
    """Return name -> the extras that bring it, for what is not on every device."""
    device = {one.name for one in read(ROOT / DEVICE)}
    by_name: dict[str, list[Locked]] = {}
    for one in locked:
        by_name.setdefault(one.name, []).append(one)
    found: dict[str, set[str]] = {}
    for extra, requirements in wanted().items():
        seen: set[tuple[str, frozenset[str]]] = set()
        todo = list(requirements)
        while todo:
            requirement = todo.pop()
            name = canonicalize_name(requirement.name)
            step = (name, frozenset(requirement.extras))
            if step in seen or name not in by_name:
                continue
            seen.add(step)
            if name not in device:
                found.setdefault(name, set()).add(extra)
            for one in by_name[name]:
                todo += needs(facts[_key(one)], requirement.extras)
    return found


def needs(facts: Mapping[str, Any], extras: Iterable[str]) -> list[Requirement]:
    """Return what a distribution asks for on any of our machines, with these extras of its own."""
    asked = [Requirement(line) for line in facts["requires"]]
    return [
        one
        for one in asked
        if any(
            applies(one, machine, python, extra)
            for machine in MACHINES
            for python in PYTHONS
            for extra in ("", *extras)
        )
    ]


def licences(facts: Facts) -> str:
    """Return docs/licences.md."""
    locked = read(ROOT / EXTRAS)
    device = {(one.name, one.version) for one in read(ROOT / DEVICE)}
    extras = extras_of(locked, facts)
    parts = [_HEAD.format(own=_project()["license"]), "## On every device\n", *_TABLE]
    here = [one for one in locked if (one.name, one.version) in device]
    parts += [_row(one, facts) for one in here]
    parts += ["\n## Only with extras\n", "| distribution | version | licence | read in | extra |"]
    parts += ["|---|---|---|---|---|"]
    for one in locked:
        if (one.name, one.version) not in device:
            parts.append(_row(one, facts) + f" {', '.join(sorted(extras.get(one.name, ())))} |")
    parts.append(_NVIDIA)
    parts += ["## Models\n", "| model | what | licence | from |", "|---|---|---|---|"]
    parts += [f"| {m.name} | {m.description} | {m.licence} | {_from(m)} |" for m in _models()]
    parts.append(_FOOT)
    parts += ["| questionnaire | licence of its wording |", "|---|---|"]
    for path in sorted((ROOT / "prompts" / "en" / "scales").glob("*.toml")):
        scale = tomllib.loads(path.read_text("utf-8"))
        parts.append(f"| {scale['title']} | {scale['licence']} |")
    parts.append("")
    return "\n".join(parts)


_TABLE = ("| distribution | version | licence | read in |", "|---|---|---|---|")
_FOOT = """
The small models that we trained ourselves (`models/emotion`, `safety`, `speakers`, `wellbeing`) are
under companion's own licence; what they were taught from stands in their cards.

## Texts of others

Whoever sells devices must remove `who5.toml`, or ask the WHO ([scales](scales.md)).
"""


def _row(one: Locked, facts: Facts) -> str:
    fact = facts[_key(one)]
    where = "" if fact["source"] == "expression" else fact["source"]
    return f"| {one.name} | {one.version} | {fact['licence']} | {where} |"


def sbom(facts: Facts) -> str:
    """Return docs/sbom.json, CycloneDX 1.6; equal for equal locks, facts and catalogue."""
    project = _project()
    locked = read(ROOT / EXTRAS)
    extras = extras_of(locked, facts)
    device = {(one.name, one.version) for one in read(ROOT / DEVICE)}
    make = LicenseFactory()
    root = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[make.make_from_string(project["license"])],
    )
    packages = {}
    for one in locked:
        fact = facts[_key(one)]
        on = "every device" if (one.name, one.version) in device else "extras"
        packages[_key(one)] = Component(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            bom_ref=_key(one),
            purl=PackageURL("pypi", None, one.name, one.version),
            description=fact["summary"] or None,
            licenses=[make.make_from_string(fact["licence"])],
            properties=[
                Property(name="companion:on", value=on),
                *(
                    Property(name="companion:extra", value=extra)
                    for extra in sorted(extras.get(one.name, ()))
                ),
            ],
        )
    models = [_model(model, make) for model in _models()]
    bom = Bom(components=[*packages.values(), *models])
    bom.metadata.component = root
    bom.metadata.tools.components.clear()
    names: dict[str, list[Component]] = {}
    for one in locked:
        names.setdefault(one.name, []).append(packages[_key(one)])
    asked = [one for ones in wanted().values() for one in ones]
    bom.register_dependency(root, [*_components(asked, names), *models])
    for one in locked:
        own = [
            item for item in needs(facts[_key(one)], ()) if canonicalize_name(item.name) != one.name
        ]
        bom.register_dependency(packages[_key(one)], _components(own, names))
    return _stable(bom)


def _stable(bom: Bom) -> str:
    """Print without the moment; the serial number is made from the content."""
    bom.metadata.timestamp = None  # type: ignore[assignment]
    bom.serial_number = uuid.UUID(int=0)
    content = JsonV1Dot6(bom).output_as_string(indent=1)
    digest = sha256(content.encode()).hexdigest()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, digest)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _components(
    requirements: Iterable[Requirement], names: Mapping[str, list[Component]]
) -> list[Component]:
    return [
        component
        for requirement in requirements
        for component in names.get(canonicalize_name(requirement.name), ())
        if component.version in requirement.specifier
    ]


def _model(model: Model, make: LicenseFactory) -> Component:
    files = [
        Component(
            name=file.path,
            type=ComponentType.FILE,
            bom_ref=f"model:{model.name}/{file.path}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
        )
        for file in model.files
        if file.sha256
    ]
    return Component(
        name=model.name,
        version=model.revision or ", ".join(sorted({one.version for one in model.packages})),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{model.name}",
        description=model.description,
        licenses=[make.make_from_string(model.licence)],
        components=files,
        properties=[Property(name="companion:from", value=_from(model))],
    )


def _models() -> list[Model]:
    return sorted(load_catalogue().models.values(), key=lambda one: one.name)


def _from(model: Model) -> str:
    if model.repo:
        return f"hub: {model.repo}"
    return ", ".join(f"package: {one.distribution}" for one in model.packages)


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _key(one: Locked) -> str:
    return f"{one.name}=={one.version}"
