"""Fakes at the seam between the mind and its language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from companion.errors import MindError
from companion.mind.model import Message, Sampling, ShouldStop, never
from companion.mind.prompts import Prompts, load_prompts


class FakeModel:
    """Says the given replies, one a call, in small pieces."""

    name = "fake"

    def __init__(self, *replies: str, context_tokens: int = 2048) -> None:
        self.replies = list(replies)
        self.context_tokens = context_tokens
        self.prompts: list[list[Message]] = []
        self.samplings: list[Sampling] = []
        self.warmed: list[list[Message]] = []
        self.broken = False
        self.closed_early = 0

    def count(self, text: str) -> int:
        return len(text.split())

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, should_stop: ShouldStop = never
    ) -> Iterator[str]:
        self.prompts.append(list(messages))
        self.samplings.append(sampling)
        if self.broken:
            raise MindError("the fake model is broken")
        text = self.replies.pop(0) if self.replies else ""
        finished = False
        try:
            for i in range(0, len(text), 4):
                if should_stop():
                    break
                yield text[i : i + 4]
            finished = True
        finally:
            self.closed_early += not finished

    def warm(
        self, messages: Sequence[Message], should_stop: ShouldStop = never, *, keep: bool = False
    ) -> None:
        if self.broken:
            raise MindError("the fake model is broken")
        self.warmed.append(list(messages))

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return load_prompts("en", name="Rosie")


@pytest.fixture
def fake_model() -> type[FakeModel]:
    return FakeModel
