"""A room without hardware: a private PulseAudio with a virtual microphone and speaker.

What is played to the sink ``micin`` is heard by the microphone ``vmic``; what a program plays
to the default sink ``spk`` can be recorded from its monitor. The server lives in its own
runtime folder, so it meets no other sound server, and can be killed and restarted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

_TOOLS = ("pulseaudio", "paplay", "parec", "pactl")
_ALSA_PLUGINS = "libasound_module_pcm_pulse.so"
_READY_S = 15.0

_ALSA_CONF = """\
pcm.pulse { type pulse hint { show on description "PulseAudio Sound Server" } }
pcm.default { type pulse hint { show on description "Default" } }
ctl.pulse { type pulse }
ctl.default { type pulse }
"""

_MODULES = (
    ("module-null-sink", "sink_name=spk", "rate=48000", "channels=2"),
    ("module-null-sink", "sink_name=micin", "rate=48000", "channels=1"),
    ("module-remap-source", "source_name=vmic", "master=micin.monitor"),
)


def why_not() -> str | None:
    """Return why no virtual room can be built here, or None when it can."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed (apt install pulseaudio pulseaudio-utils)"
    folders = [*Path("/usr/lib").glob("*/alsa-lib"), Path("/usr/lib/alsa-lib")]
    if not any((folder / _ALSA_PLUGINS).exists() for folder in folders):
        return "the ALSA plugin for PulseAudio is not installed (apt install libasound2-plugins)"
    return None


class Recording:
    """What the speaker plays, recorded while it plays."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self._path = path

    @property
    def pcm(self) -> npt.NDArray[np.int16]:
        """What was recorded so far: 16 kHz mono, shape (n,)."""
        data = self._path.read_bytes()
        return np.frombuffer(data[: len(data) // 2 * 2], np.int16)

    def stop(self) -> npt.NDArray[np.int16]:
        """End the recording and return it: 16 kHz mono, shape (n,)."""
        self._process.terminate()
        self._process.wait(10)
        return self.pcm


class PulseRoom:
    """A private sound server; use as a context manager."""

    def __init__(self) -> None:
        # Not pytest's tmp_path: a socket's path may have 107 characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="room-"))
        self.socket = self.folder / "pulse" / "native"
        self._server: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []
        self._echo: tuple[int, float] | None = None
        self._listeners: list[subprocess.Popen[bytes]] = []
        client = self.folder / "client.conf"
        client.write_text("autospawn = no\nenable-shm = no\n")
        alsa = self.folder / "alsa.conf"
        alsa.write_text(_ALSA_CONF)
        self.env = {
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_RUNTIME_PATH": str(self.folder / "pulse"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_SINK": "spk",
            "PULSE_SOURCE": "vmic",
            "PULSE_CLIENTCONFIG": str(client),
            "ALSA_CONFIG_PATH": str(alsa),
        }
        """What a program needs in its environment to be in this room."""

    def __enter__(self) -> PulseRoom:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the server and wait until its devices are there."""
        (self.folder / "pulse").mkdir(mode=0o700, exist_ok=True)
        (self.folder / "state").mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        loads = [
            part
            for module in (
                ("module-native-protocol-unix", "auth-anonymous=1", f"socket={self.socket}"),
                *_MODULES,
            )
            for part in ("-L", " ".join(module))
        ]
        flags = ["--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no"]
        calm = ["--realtime=no", "--high-priority=no", "--log-target=stderr", "-n"]
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", *flags, *calm, *loads],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _READY_S
        while "vmic" not in self._pactl("list", "short", "sources", check=False):
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"pulseaudio: {(self.folder / 'server.log').read_text()[-800:]}")
            time.sleep(0.05)
        self._keep_quick()
        if self._echo is not None:
            self._load_echo(*self._echo)

    def kill(self) -> None:
        """Kill the server without warning, as a crash would."""
        assert self._server is not None
        self._server.send_signal(signal.SIGKILL)
        self._server.wait(10)

    def restart(self) -> None:
        """Kill the server if it still runs, and start it again with the same devices."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        self.start()

    def freeze(self) -> None:
        """Stop the server without closing its connections: the worst kind of failure."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def say(self, wav: Path, *, wait: bool = True) -> subprocess.Popen[bytes]:
        """Play a sound file into the microphone."""
        process = self._spawn("paplay", "--latency-msec=40", "--device=micin", str(wav))
        if wait:
            process.wait()
        return process

    def record(self, source: str = "spk.monitor") -> Recording:
        """Record what the speaker plays (or another source hears) from now on."""
        path = Path(tempfile.mkstemp(suffix=".raw", dir=self.folder)[1])
        with path.open("wb") as raw:
            form = ["--rate=16000", "--channels=1", "--format=s16le", "--latency-msec=20"]
            process = self._spawn("parec", f"--device={source}", *form, "--raw", stdout=raw)
        deadline = time.monotonic() + _READY_S
        while path.stat().st_size == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        return Recording(process, path)

    def add_echo(self, latency_ms: int = 80, gain_db: float = 0.0) -> None:
        """Let the microphone hear the speaker, also after a restart."""
        self._echo = (latency_ms, gain_db)
        self._load_echo(latency_ms, gain_db)

    def captures(self) -> int:
        """Return how many programs other than the room's own listen to the microphone."""
        listed = self._pactl("list", "source-outputs")
        return sum("ALSA" in part for part in listed.split("Source Output #")[1:])

    def load(self, *module: str) -> str:
        """Load a server module; return its index."""
        return self._pactl("load-module", *module).strip()

    def unload(self, module: str) -> None:
        """Unload a server module by name or index: a device that is pulled out."""
        self._pactl("unload-module", module)

    def mute(self, source: str, muted: bool = True) -> None:
        """Let a source deliver nothing but zeros, or sound again."""
        self._pactl("set-source-mute", source, str(int(muted)))

    def suspend(self, source: str, suspended: bool = True) -> None:
        """Stop a source from delivering anything, or let it deliver again."""
        self._pactl("suspend-source", source, str(int(suspended)))

    def close(self) -> None:
        """End everything that runs in the room and remove it."""
        for process in [*self._others, self._server]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Put this process, and what it starts, into the room."""
        before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def _keep_quick(self) -> None:
        # An idle null sink works in blocks of 2 s; a listener in a hurry makes it behave as
        # hardware does, with sound moving every few milliseconds.
        for process in self._listeners:
            process.kill()
            process.wait(10)
        self._listeners = [
            self._spawn("parec", "--device=" + monitor, "--latency-msec=10", "--raw")
            for monitor in ("micin.monitor", "spk.monitor")
        ]
        for monitor in ("vmic", "spk.monitor"):
            self.record(monitor).stop()

    def _load_echo(self, latency_ms: int, gain_db: float) -> None:
        self.load(
            "module-loopback",
            "source=spk.monitor",
            "sink=micin",
            f"latency_msec={latency_ms}",
            "source_dont_move=true",
            "sink_dont_move=true",
            "adjust_time=0",
        )
        if gain_db:
            listed = self._pactl("list", "short", "sink-inputs").split("\n")
            newest = listed[-1] if listed[-1] else listed[-2]
            self._pactl("set-sink-input-volume", newest.split()[0], f"{gain_db}dB")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env, "LC_ALL": "C"}

    def _spawn(self, *command: str, stdout: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,  # type: ignore[call-overload]
            stderr=subprocess.DEVNULL,
        )
        self._others.append(process)
        return process

    def _pactl(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            ["pactl", *command], env=self._environment(), capture_output=True, text=True, timeout=20
        )
        if check and done.returncode:
            raise RuntimeError(f"pactl {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout
