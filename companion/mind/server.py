"""A model on an OpenAI-compatible server: llama.cpp, Ollama, vLLM and others.

Only the configured address is contacted: no proxies from the environment, no redirects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import httpx

from companion.errors import ConfigError, MindError
from companion.mind.model import Message, Sampling, ShouldStop, never

CONNECT_S = 2.0
"""A server on the same network answers a connection much sooner."""


class ServerModel:
    """Chat completions over HTTP, streamed."""

    def __init__(
        self, url: str, model: str, *, timeout_s: float = 8.0, context_tokens: int = 2048
    ) -> None:
        """Prepare; nothing is contacted yet.

        Args:
            url: base address, such as http://127.0.0.1:8080/v1.
            model: name the server knows it by.
            timeout_s: longest wait for the next piece of a reply, seconds.
            context_tokens: how long prompt and reply may be together.

        Raises:
            ConfigError: the address is none.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ConfigError(f"mind.server: '{url}' is not an address") from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConfigError(
                f"mind.server: '{url}' is not an address such as http://127.0.0.1:8080/v1"
            )
        self.name: str = f"{model} at {parsed.host}"
        self.context_tokens: int = context_tokens
        self._model = model
        self._url = url.rstrip("/") + "/chat/completions"
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def count(self, text: str) -> int:
        """Return a generous guess, as the server's tokens are not known here."""
        return len(text) // 3 + 1

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, should_stop: ShouldStop = never
    ) -> Iterator[str]:
        """Yield the reply as it arrives; see ``LanguageModel``."""
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream": True,
        }
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise MindError(
                        f"the language model server answered {response.status_code}: {self._url}"
                    )
                for line in response.iter_lines():
                    if should_stop():
                        return
                    if (piece := self._piece(line)) is None:
                        return
                    if piece:
                        yield piece
        except httpx.TimeoutException as error:
            raise MindError(f"the language model server is too slow: {self._url}") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise MindError(f"the language model server cannot be reached: {self._url}") from error

    def _piece(self, line: str) -> str | None:
        """Return the text in one line of the stream, None at its end."""
        if not line.startswith("data:"):
            return ""
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return None
        try:
            event = json.loads(data)
            choices = event.get("choices") or [{}]
            return str((choices[0].get("delta") or {}).get("content") or "")
        except (ValueError, AttributeError, LookupError, TypeError) as error:
            raise MindError(f"the language model server sent no answer: {self._url}") from error

    def warm(
        self,
        messages: Sequence[Message],
        should_stop: ShouldStop = never,
        *,
        keep: bool = False,
    ) -> None:
        """Do nothing: the server keeps its own cache."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


__all__ = ["ServerModel"]
