"""What the mind needs from a language model, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]

ShouldStop = Callable[[], bool]
"""Asked before every token and every batch of the prompt; True ends the work."""


def never() -> bool:
    """Return False: nobody stops this."""
    return False


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen."""

    max_tokens: int = 60
    temperature: float = 0.0
    """0 takes the likeliest token."""
    top_p: float = 0.9
    repeat_penalty: float = 1.08
    seed: int = 0


class LanguageModel(Protocol):
    """Continues a conversation."""

    @property
    def name(self) -> str:
        """What the model is called in messages to the user."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and reply may have together."""
        ...

    def count(self, text: str) -> int:
        """Return about how many tokens a text has."""
        ...

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, should_stop: ShouldStop = never
    ) -> Iterator[str]:
        """Yield the reply as it is written; blocking. Closing the iterator ends it.

        Raises:
            MindError: the model cannot answer.
        """
        ...

    def warm(
        self,
        messages: Sequence[Message],
        should_stop: ShouldStop = never,
        *,
        keep: bool = False,
    ) -> None:
        """Prepare for prompts that begin with these messages; blocking.

        Args:
            messages: the beginning that later prompts share.
            should_stop: ends the work early.
            keep: this beginning is the same after every start: keep its state on disk.

        Raises:
            MindError: the model cannot be prepared.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...


__all__ = ["LanguageModel", "Message", "Role", "Sampling", "ShouldStop", "never"]
