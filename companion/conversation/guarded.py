"""A reply with the guard before and after the mind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from companion.conversation.protocols import Guard, Mind
from companion.domain import ReplyPart, Screening, TurnContext


def guarded_reply(
    mind: Mind,
    guard: Guard | None,
    text: str,
    context: TurnContext,
    *,
    addressed: bool = True,
    screened: Callable[[Screening], None] = lambda _: None,
) -> Iterator[ReplyPart]:
    """Yield the sentences that may be spoken; blocking.

    In danger the script speaks and the mind is not asked. Otherwise every sentence of the mind is
    checked; at the first that fails, or when the mind itself fails, the safe words are said
    instead and the reply ends.

    Args:
        mind: makes the reply.
        guard: None checks nothing (tests of other things).
        text: what was said, without the call by name.
        context: what the mind is told besides; its screening is filled in.
        addressed: whether it was said to the companion, or only overheard.
        screened: told the screening before anything is yielded.

    Raises:
        Exception: whatever the mind raised, after the safe words.
    """
    if guard is None:
        yield from mind.reply(text, context)
        return
    screening = guard.screen(text)
    screened(screening)
    script = guard.answer(text, screening, addressed=addressed)
    if script:
        yield from script
        return
    if not addressed:
        return
    parts = iter(mind.reply(text, replace(context, screening=screening)))
    spoken = command = False
    try:
        with closing(parts):  # type: ignore[type-var]
            for part in parts:
                command = part.control is not None
                # Skills speak reviewed texts with the person's own words in them.
                generated = part.text and not command and part.source != "skill"
                reasons = guard.failed(part.text, text, screening) if generated else ()
                if reasons:
                    if not spoken:
                        yield replace(guard.instead(screening), checks=(*part.checks, *reasons))
                    return
                spoken = True
                yield part
    except Exception:
        if not spoken:
            yield guard.instead(screening)
        raise
    if spoken and not command and (notice := guard.notice()) is not None:
        yield notice


__all__ = ["guarded_reply"]
