"""A whole talk with everything that is kept, from a sound file, in virtual time; to be killed."""

import sys
from pathlib import Path

from companion.config import Config
from companion.session import TalkRequest, hold


def main() -> None:
    """Run with the sound file and the state folder."""
    sound, state = Path(sys.argv[1]), Path(sys.argv[2])
    hold(Config(state_dir=state), TalkRequest(source=sound, realtime=False, live=True))


if __name__ == "__main__":
    main()
