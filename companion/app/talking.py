"""Puts a conversation together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from companion.app.engines import Engines
from companion.config import Config

if TYPE_CHECKING:
    from companion.audio.clock import VirtualClock, WallClock
    from companion.audio.output import Output, Source
    from companion.conversation.loop import Conversation
    from companion.conversation.protocols import Journal
    from companion.events import Event
    from companion.hearing.endpoint import Endpointer
    from companion.hearing.speakers.who import Who


def new_endpointer(config: Config) -> Endpointer:
    """Return an endpointer that knows nothing of this person yet."""
    from companion.hearing.endpoint import Endpointer

    return Endpointer(config.turns.cut_off_risk, config.persona.language)


def build_conversation(
    config: Config,
    engines: Engines,
    clock: WallClock | VirtualClock,
    source: Source,
    output: Output,
    emit: Callable[[Event], None],
    *,
    endpointer: Endpointer | None = None,
    in_file: bool = False,
    watch: Callable[[float, str], None] | None = None,
    who: Who | None = None,
    journal: Journal | None = None,
) -> Conversation:
    """Put a conversation together.

    Args:
        config: settings; with ``in_file`` attention is ``always``.
        engines: the loaded models.
        clock: the one that source and output use.
        source: where frames come from.
        output: where speech goes.
        emit: told every event.
        endpointer: what has been learned about this person's pauses; None starts anew.
        in_file: the input is a recording.
        watch: told level and state about ten times a second, for a display.
        who: says who speaks; None asks nobody, and then nothing is learned of anybody.
        journal: takes note of turns; None keeps none.
    """
    from companion.audio.echo import EchoCanceller
    from companion.conversation.attention import Attention
    from companion.conversation.loop import Conversation
    from companion.conversation.rooms import Rooms
    from companion.conversation.turns import TurnLimits
    from companion.hearing.vad import SpeechDetector
    from companion.hearing.wakeword import WakewordListener
    from companion.voice.player import Player

    settings = config.attention
    mode = "always" if in_file else settings.mode
    echo = config.audio.echo_cancellation and getattr(source, "echo_possible", True)
    rooms = Rooms(
        source=source,
        player=Player(output),
        ears=engines.ears,
        mind=engines.mind,
        voice=engines.voice,
        judge=endpointer or new_endpointer(config),
        detector=SpeechDetector(),
        echo=EchoCanceller() if echo else None,
        wakeword=WakewordListener(settings.wakeword) if mode == "wakeword" else None,
        guard=engines.guard,
        feeler=engines.feeler,
        who=who,
        journal=journal,
    )
    return Conversation(
        rooms,
        clock,
        Attention(
            mode,
            config.persona.name,
            aliases=config.persona.aliases,
            engaged_s=settings.engaged_s,
        ),
        emit,
        limits=TurnLimits(
            draft_after_s=config.turns.draft_after_s,
            min_wait_s=config.turns.min_wait_s,
            max_wait_s=config.turns.max_wait_s,
        ),
        merge_window_s=config.turns.merge_window_s,
        earcons=settings.earcons and not in_file,
        watch=watch,
        follow_pace=config.voice.follow_pace,
        at_ease=getattr(source, "at_ease", None),
    )
