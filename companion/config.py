"""One typed tree of settings, read from TOML.

Every field has a default that suits an older person at home; a config file names only
what differs. Unknown keys are errors that suggest the nearest known one.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_config_path, user_data_path, user_state_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from companion.errors import ConfigError

CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
"""Hours and minutes, such as 09:00."""

AttentionMode = Literal["always", "name", "wakeword", "push"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonaSettings(_Section):
    """Who the companion is."""

    name: str = Field("Molly", min_length=1)
    """What it is called; in ``name`` attention it listens for this. Some names are hard to hear for
    a small Whisper: Molly, Emma and Daisy were always understood, Rosie and Clara half the time."""
    aliases: tuple[str, ...] = ()
    """Other names it answers to, such as how Whisper tends to write the name."""
    person: str | None = None
    """What to call the owner."""
    language: str = "en"


class AudioSettings(_Section):
    """Microphone and speaker."""

    input: str | int | None = None
    """Name, part of a name, or index; None is the default device."""
    output: str | int | None = None
    echo_cancellation: bool = True
    silent_after_s: float = Field(5.0, gt=0)
    """A microphone that delivers nothing or pure zeros this long is reported."""


class HearingSettings(_Section):
    """Speech detection and transcription."""

    whisper: str | None = None
    """Model name in the catalogue; None takes the profile's."""
    language: str | None = None
    """ISO code; None follows the persona's language."""
    threads: int | None = Field(None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"


class SpeakerSettings(_Section):
    """Who is speaking."""

    enabled: bool = False
    """Compare voices with the enrolled; needs the extra ``speakers`` (docs/speakers.md)."""
    assume_owner: bool = False
    """Without the check, every voice is taken for the owner's: only where nobody else speaks."""
    idle_s: float = Field(300.0, gt=0)
    """The worker process ends, and its memory is given back, after so much quiet."""


class EmotionSettings(_Section):
    """Hearing how something was said."""

    enabled: bool = True
    """Off: nobody's feeling is inferred, replies go by the words alone."""


class TurnSettings(_Section):
    """When a turn is over."""

    draft_after_s: float = Field(0.2, gt=0)
    """Silence after which a reply is prepared."""
    min_wait_s: float = Field(0.45, gt=0)
    """No reply sounds before this much silence."""
    max_wait_s: float = Field(2.6, gt=0)
    """No turn waits longer than this."""
    cut_off_risk: float = Field(0.04, gt=0, lt=1)
    """Accepted probability that the person was only pausing."""
    merge_window_s: float = Field(1.5, ge=0)
    """Speech this soon after a commit continues the same turn."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_wait_s > self.max_wait_s:
            raise ValueError("min_wait_s must not be longer than max_wait_s")
        return self


class AttentionSettings(_Section):
    """When it feels addressed."""

    mode: AttentionMode = "name"
    engaged_s: float = Field(45.0, gt=0)
    """Silence after which it no longer feels addressed."""
    wakeword: str = "okay_nabu"
    """One of the models in pymicro-wakeword, or a path to a model's .json."""
    earcons: bool = True


class MindSettings(_Section):
    """The language model."""

    llm: str | None = None
    """Model name in the catalogue; None takes the profile's."""
    server: str | None = None
    """Base URL of an OpenAI-compatible server, such as http://127.0.0.1:8080/v1."""
    server_model: str = "default"
    server_timeout_s: float = Field(8.0, gt=0)
    threads: int | None = Field(None, ge=1)
    gpu_layers: int = -1
    """-1 offers every layer to the GPU when there is one."""
    context_tokens: int = Field(2048, ge=1024)
    seed: int | None = None


class VoiceSettings(_Section):
    """How it sounds."""

    profile: str = "joe"
    """Name of a file in voices/."""
    pace: float = Field(1.0, ge=0.5, le=2.0)
    """1 is the profile's own pace, below is slower."""
    follow_pace: bool = True
    """Speak no faster than the person does, within limits; see voices/README.md."""
    volume_db: float = Field(0.0, ge=-30, le=12)


class ModelSettings(_Section):
    """Which models, and where they lie."""

    profile: str = "starter"
    """``starter``, ``pi5``, ``jetson`` or ``pc``: see models/catalogue.toml."""
    dir: Path = Field(default_factory=lambda: user_data_path("companion") / "models")


class SafetySettings(_Section):
    """Danger: what is said, where help is."""

    region: str = "us"
    """Whose numbers are given: a file in prompts/<language>/regions/."""
    fall_countdown_s: float = Field(30.0, ge=0, le=300)
    """After a fall, seconds in which "cancel" keeps the alert from being sent."""
    notice_every_h: float = Field(3.0, gt=0, le=3)
    """Hours of continuing use after which it says again that it is no person; the law allows 3."""
    embedding: str = "minilm-l6-int8"
    """Sentence embeddings the classifier was trained on."""


class AlertSettings(_Section):
    """How contacts are reached."""

    enabled: bool = True
    details: bool = False
    """Whether a message says what happened; by default it only asks to look in."""
    acknowledge_within_s: float = Field(600.0, gt=0)
    """Seconds after which the next contact is told as well; urgent and emergency alike."""
    per_hour: int = Field(6, ge=1)
    """Most alerts an hour; more of the same are added to the one that is open."""
    listen: str | None = None
    """host:port where acknowledgement links are answered, such as 127.0.0.1:8477; None answers
    none, and messages then carry only the reply code."""
    link_base: str | None = None
    """How contacts reach ``listen``, such as https://molly.example.org."""


class CheckinSettings(_Section):
    """Speaking first: when, how often, and when never."""

    enabled: bool = True
    morning: str = Field("09:00", pattern=CLOCK)
    """Local hour of the morning check-in, until the person's own hour is known."""
    evening: str = Field("19:00", pattern=CLOCK)
    quiet_from: str = Field("21:00", pattern=CLOCK)
    """From then on it never speaks first, until ``quiet_to``; the same hour twice is no quiet."""
    quiet_to: str = Field("08:00", pattern=CLOCK)
    most_a_day: int = Field(3, ge=1, le=6)
    timezone: str | None = None
    """Such as Europe/Berlin; None is the system's."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError(f"no time zone is called {name}") from error
        return name


class EveningSettings(_Section):
    """Word of the day's summary, sent to those who get it."""

    at: str = Field("19:30", pattern=CLOCK)
    """Local hour at which the page of the day is closed and sent."""
    ask_first: bool = True
    """Once a week, before it goes, the person is asked whether to hear it."""
    link: str | None = None
    """Where they read it, such as https://molly.example.org; None leaves it out."""


class HubSettings(_Section):
    """A care team's hub; nothing connects unless ``url`` is set and the owner agreed (``hub``)."""

    url: str | None = None
    """Of its MQTT broker, such as mqtts://hub.example.org:8883."""
    ca: Path | None = None
    """Certificate (PEM) by which the broker is known; None is ``hub-ca.pem`` in ``state_dir``."""
    device: str | None = None
    """The id under which this device was enrolled."""
    secret_file: Path | None = None
    """What companion hub enrol made; None is ``hub-device.json`` in ``state_dir``."""
    health_every_s: float = Field(300.0, ge=10)
    """How often the device says how it is."""


class MuteSettings(_Section):
    """Not listening."""

    button: bool = False
    """There is a button (``kill -USR1``) that brings it back; only then may "stop listening" last
    until it is pressed."""
    minutes: float = Field(60.0, ge=1, le=720)
    """How long "stop listening" lasts when no time is said and there is no button."""


class ControlSettings(_Section):
    """How other commands reach a running talk."""

    socket: Path | None = None
    """A Unix socket; None is one in the user's runtime folder, else in ``state_dir``."""


class HomeSettings(_Section):
    """Home Assistant, by way of its MQTT broker; nothing connects unless ``url`` is set."""

    url: str | None = None
    """Of the broker, such as mqtts://homeassistant.local:8883."""
    user: str | None = None
    password_file: Path | None = None
    """Holds the user's password on its first line."""
    ca: Path | None = None
    """Certificate (PEM) by which the broker is known; None trusts what the system trusts."""
    prefix: str = Field("homeassistant", pattern=r"^[^#+/\s]+(/[^#+/\s]+)*$")
    """Discovery prefix, as Home Assistant is told."""
    insecure: bool = False
    """Allow mqtt:// without TLS to another machine: whoever is in that network may then read
    along, mute it and let it speak."""


class WyomingSettings(_Section):
    """Speech engines on another machine of the house; the local ones answer when they are away."""

    stt: str | None = None
    """Such as tcp://10.0.0.2:10300; what is said goes there."""
    tts: str | None = None
    """Such as tcp://10.0.0.2:10200; what is answered goes there."""
    timeout_s: float = Field(4.0, gt=0, le=60)
    """Longest wait for an answer."""

    @field_validator("stt", "tts")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None:
            try:
                parts = urlsplit(url)
                good = parts.scheme == "tcp" and bool(parts.hostname) and bool(parts.port)
            except ValueError:
                good = False
            if not good:
                raise ValueError(f"{url} is not an address such as tcp://10.0.0.2:10300")
        return url


class StorageSettings(_Section):
    """What is kept, where, and how long. Raw audio is never kept."""

    url: str | None = None
    """PostgreSQL URL; None is an encrypted file in ``state_dir``."""
    key_file: Path | None = None
    """None is ``key`` in ``state_dir``, or the systemd credential ``companion-key``."""
    transcripts_days: float = Field(7.0, ge=0)
    """Words are kept only when the owner consented."""
    mood_days: float = Field(90.0, ge=0)
    summaries_days: float = Field(365.0, ge=0)
    safety_days: float = Field(365.0, ge=0)
    audit_days: float = Field(365.0, ge=0)


class CareSettings(_Section):
    """The dashboard for those who care."""

    host: str = "127.0.0.1"
    """Where it listens; 0.0.0.0 is every network this machine is on, and then it speaks TLS."""
    port: int = Field(8478, ge=1, le=65535)
    hosts: tuple[str, ...] = ()
    """More names it is reached by, such as molly.example.org; others are refused."""
    proxy: bool = False
    """A reverse proxy on this machine does TLS; its X-Forwarded-For is believed."""
    certificate: Path | None = None
    """PEM; None makes one of its own, whose fingerprint is printed."""
    certificate_key: Path | None = None
    session_h: float = Field(12.0, gt=0, le=720)
    """Hours after which everybody logs in anew."""
    idle_min: float = Field(60.0, gt=0)
    """Minutes without a look after which they do."""


class ServiceSettings(_Section):
    """Running untouched, as a service."""

    post: bool = False
    """``companion service post`` sends what leaves the house; the talk itself sends nothing and
    needs no network."""
    health_file: Path | None = None
    """Where the talk says how it is; None is ``health.json`` in ``state_dir``."""
    backups: Path | None = None
    """Folder of the nightly backups; None makes none."""
    backups_kept: int = Field(7, ge=1, le=366)
    log: Literal["plain", "json"] = "plain"
    """How ``companion service run`` writes its log; neither holds words or names."""
    metrics_port: int = Field(0, ge=0, le=65_535)
    """Prometheus' numbers on the loopback; 0 serves none."""
    light: Path | None = None
    """A Linux LED (``/sys/class/leds/ACT``) or a file that shows the state; None shows none."""


class Config(_Section):
    """The whole tree."""

    persona: PersonaSettings = PersonaSettings()
    audio: AudioSettings = AudioSettings()
    hearing: HearingSettings = HearingSettings()
    speakers: SpeakerSettings = SpeakerSettings()
    emotion: EmotionSettings = EmotionSettings()
    turns: TurnSettings = TurnSettings()
    attention: AttentionSettings = AttentionSettings()
    mind: MindSettings = MindSettings()
    voice: VoiceSettings = VoiceSettings()
    models: ModelSettings = ModelSettings()
    safety: SafetySettings = SafetySettings()
    alerts: AlertSettings = AlertSettings()
    checkins: CheckinSettings = CheckinSettings()
    storage: StorageSettings = StorageSettings()
    care: CareSettings = CareSettings()
    evening: EveningSettings = EveningSettings()
    hub: HubSettings = HubSettings()
    service: ServiceSettings = ServiceSettings()
    mute: MuteSettings = MuteSettings()
    control: ControlSettings = ControlSettings()
    home: HomeSettings = HomeSettings()
    wyoming: WyomingSettings = WyomingSettings()
    state_dir: Path = Field(default_factory=lambda: user_state_path("companion"))
    """Caches and what is learned; never raw audio."""


def default_config_path() -> Path:
    """Return where the user's config file is looked for."""
    return user_config_path("companion") / "config.toml"


def load_config(path: Path | None = None) -> Config:
    """Read a config file, or the user's own, or the defaults when there is none.

    Args:
        path: a TOML file that must exist; None means the user's own if present.

    Raises:
        ConfigError: the file is missing, is not TOML, or a setting is unknown or bad.
    """
    if path is None:
        path = default_config_path()
        if not path.exists():
            return Config()
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read config {path}: {_reason(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    return parse_config(tree, str(path))


def parse_config(tree: dict[str, Any], origin: str = "config") -> Config:
    """Validate a tree of settings.

    Raises:
        ConfigError: with the first problem, on one line.
    """
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = _nearest(first["loc"])
            raise ConfigError(f"{origin}: unknown setting '{where}'{hint}") from error
        raise ConfigError(f"{origin}: '{where}': {first['msg'].lower()}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _nearest(loc: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Config
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        model = annotation
    near = difflib.get_close_matches(str(loc[-1]), model.model_fields, n=1, cutoff=0.4)
    prefix = "".join(f"{part}." for part in loc[:-1])
    if near:
        return f"; did you mean '{prefix}{near[0]}'?"
    return "; known here: " + ", ".join(sorted(model.model_fields))
