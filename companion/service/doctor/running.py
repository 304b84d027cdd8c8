"""The running talk, its units, the models, what is kept, and the ways to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from companion.service.doctor.findings import Finding, fail, note, ok, warn
from companion.service.health import why_not_well

_UNITS_THAT_MATTER = ("companion.service",)


def look_at_talk(tree: Mapping[str, Any] | None, now: float) -> list[Finding]:
    """Judge the status file of the running talk; None is no file.

    Args:
        tree: as of ``health.read``.
        now: seconds since 1970.
    """
    if tree is None:
        return [note("talk", "no talk is running", "start one: scripts/talk")]
    why = why_not_well(dict(tree), now)
    found = [fail("talk", f"the talk is not well: {why}", "journalctl -u companion -n 50")]
    if not why:
        found = [ok("talk", "the running talk listens")]
    elif "old" in why or "stopped" in why:
        found = [note("talk", f"no talk is running: {why}", "sudo systemctl start companion")]
    for one in tree.get("checks", ()):
        if why or not isinstance(one, Mapping) or one.get("state") == "ok":
            continue
        says = f"{one.get('name', 'a part')}: {one.get('text', '')}".strip(": ")
        found.append(warn(f"talk.{one.get('name', 'part')}", says, "companion service status-file"))
    restart = tree.get("last_restart")
    if isinstance(restart, Mapping) and now - float(restart.get("at", 0)) < 86_400:
        found.append(note("talk.restart", f"it was restarted within a day: {restart.get('why')}"))
    return found


def look_at_units(units: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """Judge systemd units.

    Args:
        units: name -> active state (``active``, ``failed`` ...) and whether it is enabled
            (``enabled``, ``disabled`` ...); empty where it is not installed as a service.
    """
    if not units:
        return [note("service", "not installed as a service", "sudo scripts/install-device")]
    found = []
    for name, (active, enabled) in units.items():
        if active == "failed":
            found.append(
                fail(f"service.{name}", f"{name} has failed", f"journalctl -u {name} -n 50")
            )
        elif name in _UNITS_THAT_MATTER and active != "active":
            do = f"sudo systemctl start {name}"
            found.append(warn(f"service.{name}", f"{name} is {active}", do))
        elif name.endswith((".timer", ".service")) and enabled == "disabled":
            do = f"sudo systemctl enable --now {name}, if it is wanted"
            found.append(note(f"service.{name}", f"{name} is not switched on", do))
    return found or [ok("service", f"{len(units)} units are well")]


def look_at_speed(
    words_s: float, first_token_s: float, voice_s: float, speech_s: float
) -> list[Finding]:
    """Judge the stages of one answer.

    Args:
        words_s: to turn ``speech_s`` of speech into words.
        first_token_s: until the model's first words.
        voice_s: to say a short sentence.
        speech_s: of the speech that was heard.
    """
    whole = words_s + first_token_s + voice_s
    says = (
        f"an answer begins about {whole:.1f} s after {speech_s:.0f} s of speech: words "
        f"{words_s:.2f} s, first thought {first_token_s:.2f} s, voice {voice_s:.2f} s"
    )
    smaller = "use a smaller profile: companion service recommend; companion models pull --profile"
    if whole > 4.0:
        return [fail("speed", f"too slow to talk with: {says}", smaller)]
    if whole > 2.0:
        return [warn("speed", f"slow: {says}", smaller)]
    return [ok("speed", says)]


def look_at_channels(ways: int, people: int, failed: int, waiting: int, agreed: bool) -> Finding:
    """Judge how those who care are reached.

    Args:
        ways: addresses that can be written to.
        people: those who care.
        failed: tries of the last week that failed.
        waiting: alerts that nobody has answered or that are on their way.
        agreed: whether the owner agreed to alerts.
    """
    if not ways:
        return warn(
            "alerts",
            "nobody can be told of a danger: no contact is entered",
            "companion people add, then companion people contact",
        )
    if not agreed:
        return warn(
            "alerts",
            "the person has not agreed to alerts: nobody is told of a danger",
            "ask them; companion data consent give alerts",
        )
    if failed:
        return warn(
            "alerts",
            f"{failed} tries to reach somebody failed within a week",
            "companion alerts list; then companion alerts test",
        )
    if waiting:
        return note("alerts", f"{waiting} alerts wait for an answer", "companion alerts list")
    return ok("alerts", f"{people} people can be told, by {ways} ways")


def look_at_models(missing: Sequence[str], damaged: Sequence[str], whole: int) -> list[Finding]:
    """Judge the models of the settings."""
    found = [
        fail("models", f"the model {name} is not here", f"companion models pull {name}")
        for name in missing
    ]
    found += [
        fail("models", f"the model {name} is damaged", f"companion models pull {name}")
        for name in damaged
    ]
    return found or [ok("models", f"{whole} models are whole")]


__all__ = ["look_at_channels", "look_at_models", "look_at_speed", "look_at_talk", "look_at_units"]
