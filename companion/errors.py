"""Every error a user can meet, in one tree.

::

    CompanionError            exit 1   one plain line, says what to do
    +-- ConfigError           exit 2   a broken or unknown setting
    +-- AudioError            exit 3   sound that cannot be had
    |   +-- DeviceError                no such microphone or speaker, or it failed
    |   |   +-- NoMicrophoneError      this machine has none at all
    |   +-- AudioFileError             a file that is not usable sound
    +-- ModelError            exit 4   a model that cannot be used
    |   +-- ModelMissingError          not downloaded: names the ``pull`` command
    |   +-- ModelCorruptError          wrong hash or unreadable
    |   +-- ModelSourceError           download failed: no network, no disk, no such name
    +-- MindError             exit 5   the language model failed (the talk goes on without it)
    +-- VoiceError            exit 6   speech could not be synthesised
    +-- MeasureError          exit 7   bench or evaluate was given nothing it can measure
    +-- StorageError          exit 8   the database cannot be used (the talk goes on without it)
    |   +-- KeyMissingError            no key, or not the right one
    |   +-- StorageCorruptError        a damaged or foreign file; it is never deleted
    |   +-- StorageFullError           no space, or a read-only disk
    +-- SafetyError           exit 9   scripts, region numbers or training data have a mistake
    +-- AlertError            exit 10  a contact or channel that cannot be used
    +-- EmotionError          exit 11  a voice baseline or emotion weights are unusable
    +-- SpeakerError          exit 12  a voice cannot be enrolled or compared
    +-- WellbeingError        exit 13  a journal, scale, summary or reminder is unusable
    +-- CareError             exit 16  the dashboard, or an account on it, cannot be used
    +-- HubError              exit 17  the hub, its broker or a device's credentials are unusable
    +-- ServiceError          exit 18  the companion as a service is not well
    +-- WireError             exit 19  a speech server of the house (Wyoming) failed or cannot serve

The command line prints ``str(error)`` on one line to stderr and exits with ``exit_code``.
"""


class CompanionError(Exception):
    """Base of all errors shown to a user; its text is one line that says what to do."""

    exit_code = 1


class ConfigError(CompanionError):
    """A setting is unknown, broken or out of range."""

    exit_code = 2


class AudioError(CompanionError):
    """Sound cannot be captured, played, read or written."""

    exit_code = 3


class DeviceError(AudioError):
    """A microphone or speaker is missing, busy or failed."""


class NoMicrophoneError(DeviceError):
    """There is no default microphone."""


class AudioFileError(AudioError):
    """A sound file is missing, empty, unreadable or not sound."""


class ModelError(CompanionError):
    """A model cannot be used."""

    exit_code = 4


class ModelMissingError(ModelError):
    """A model is not on this device; the text names the ``companion models pull`` command."""


class ModelCorruptError(ModelError):
    """A model file has the wrong hash or cannot be read."""


class ModelSourceError(ModelError):
    """A model could not be fetched."""


class MindError(CompanionError):
    """The language model cannot answer."""

    exit_code = 5


class VoiceError(CompanionError):
    """Speech cannot be synthesised."""

    exit_code = 6


class MeasureError(CompanionError):
    """A measurement was asked for on something that cannot be measured."""

    exit_code = 7


class StorageError(CompanionError):
    """The database cannot be opened, read or written."""

    exit_code = 8


class KeyMissingError(StorageError):
    """There is no key, or it does not open the database."""


class StorageCorruptError(StorageError):
    """The file is damaged or is no database of ours; it is left as it is."""


class StorageFullError(StorageError):
    """The disk is full or read-only."""


class SafetyError(CompanionError):
    """A safety script, a region file or training data cannot be used."""

    exit_code = 9


class AlertError(CompanionError):
    """A contact or a channel cannot be used."""

    exit_code = 10


class EmotionError(CompanionError):
    """A voice baseline, the weights of the emotion model or its training data cannot be used."""

    exit_code = 11


class SpeakerError(CompanionError):
    """A voice cannot be enrolled or compared: no extra, no consent, or not enough speech."""

    exit_code = 12


class CareError(CompanionError):
    """The dashboard cannot be served, or an account on it cannot be made or changed."""

    exit_code = 16


class WellbeingError(CompanionError):
    """A journal file, scale, check-in, reminder, summary text or classifier cannot be used."""

    exit_code = 13


class HubError(CompanionError):
    """The hub, its broker or a device's credentials cannot be used."""

    exit_code = 17


class ServiceError(CompanionError):
    """The companion that runs as a service is not well, or cannot be looked after."""

    exit_code = 18


class WireError(CompanionError):
    """A Wyoming server or client does not answer, or not as agreed; ours cannot listen."""

    exit_code = 19
