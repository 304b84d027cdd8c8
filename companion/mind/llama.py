"""A GGUF model in this process, through llama.cpp.

The low-level interface is used, so that the tokens already in the cache are never worked out
twice, the work ends at the next token when told to, and no buffer is larger than needed.
"""

from __future__ import annotations

import codecs
import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import llama_cpp
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from companion.errors import MindError, ModelCorruptError, ModelMissingError
from companion.mind.model import Message, Sampling, ShouldStop, never
from companion.mind.state import StateStore

CHATML: Final = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Used for a model that carries no chat template of its own."""

BATCH_CPU: Final = 64
BATCH_GPU: Final = 512
SMALLEST_BATCH: Final = 8
ABORT_WITHIN_S: Final = 0.08
"""Prompt batches are sized to take about this long, so that an abort is soon obeyed."""
MAX_THREADS: Final = 4
"""More threads than this rarely help a small model and starve the rest of the house."""
REPEAT_WINDOW: Final = 64
"""Tokens the repeat penalty looks back on."""


def _log(level: int, text: bytes, data: Any) -> None:
    """Swallow what llama.cpp would print."""


_SILENT = llama_cpp.llama_log_callback(_log)
"""Kept for as long as the process lives: C calls it."""


class LlamaModel:
    """One model and one conversation's cache; used from one thread at a time."""

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        context_tokens: int = 2048,
        threads: int | None = None,
        gpu_layers: int = -1,
        state_dir: Path | None = None,
    ) -> None:
        """Load a model.

        Args:
            path: a GGUF file.
            name: its name in the catalogue, for messages.
            context_tokens: size of the cache.
            threads: CPU threads; None takes all cores up to four.
            gpu_layers: layers to put on the GPU, -1 for all; without a GPU it is ignored.
            state_dir: where ``warm(keep=True)`` keeps its state; None keeps none.

        Raises:
            ModelMissingError: there is no such file.
            ModelCorruptError: the file is no usable model.
        """
        self.name: str = name or path.stem
        if not path.is_file():
            raise ModelMissingError(
                f"the language model {self.name} is not on this device; "
                f"run: companion models pull {self.name}"
            )
        corrupt = ModelCorruptError(
            f"the language model {path} is damaged; run: companion models pull {self.name}"
        )
        llama_cpp.llama_log_set(_SILENT, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        gpu = gpu_layers != 0 and bool(llama_cpp.llama_supports_gpu_offload())
        model_params = llama_cpp.llama_model_default_params()
        model_params.n_gpu_layers = gpu_layers if gpu else 0
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self._model:
            raise corrupt
        trained = int(llama_cpp.llama_model_n_ctx_train(self._model))
        self.context_tokens: int = min(context_tokens, trained) if trained > 0 else context_tokens
        self._largest = self._batch = BATCH_GPU if gpu else BATCH_CPU
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = self.context_tokens
        params.n_batch = params.n_ubatch = self._largest
        params.n_threads = params.n_threads_batch = threads or min(MAX_THREADS, os.cpu_count() or 1)
        params.no_perf = True
        self._ctx = llama_cpp.llama_init_from_model(self._model, params)
        if not self._ctx:
            llama_cpp.llama_model_free(self._model)
            raise corrupt
        self._memory = llama_cpp.llama_get_memory(self._ctx)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._words = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self._template = self._load_template()
        self._cached: list[int] = []
        file = path.stat()
        identity = f"{path.name}|{file.st_size}|{file.st_mtime_ns}|{llama_cpp.__version__}"
        self._states = StateStore(state_dir, identity) if state_dir else None

    # -- words and tokens ----------------------------------------------------------------

    def _load_template(self) -> Any:
        raw = llama_cpp.llama_model_chat_template(self._model, None)
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        try:
            return environment.from_string(raw.decode("utf-8") if raw else CHATML)
        except (TemplateError, UnicodeDecodeError):
            return environment.from_string(CHATML)

    def _piece(self, token: int, *, special: bool = False) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, 64, 0, special)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, -size, 0, special)
        return bytes(buffer.raw[:size])

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        data = text.encode("utf-8")
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        if count < 0:
            raise MindError("the language model cannot read this prompt")
        return list(tokens[:count])

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self._tokenize(text, special=False))

    def _prompt(self, messages: Sequence[Message], *, answer: bool) -> list[int]:
        """Render the messages as the model was taught to read them."""
        bos = llama_cpp.llama_vocab_bos(self._vocab)
        bos_text = self._piece(bos, special=True).decode("utf-8", "ignore") if bos >= 0 else ""
        plain = [
            # A transcript must not be able to play the system.
            {"role": m.role, "content": m.content.replace("<|", "<").replace("|>", ">")}
            for m in messages
        ]
        try:
            text = self._template.render(
                messages=plain, add_generation_prompt=answer, bos_token=bos_text, eos_token=""
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise MindError(f"the chat template of {self.name} failed: {error}") from error
        tokens = self._tokenize(text, special=True)
        needs_bos = llama_cpp.llama_vocab_get_add_bos(self._vocab) and bos >= 0
        if needs_bos and tokens[:1] != [bos]:
            tokens.insert(0, bos)
        return tokens

    # -- the cache -----------------------------------------------------------------------

    def _keep(self, length: int) -> None:
        """Cut the cache to its first ``length`` tokens."""
        if length == len(self._cached):
            return
        if length == 0 or not llama_cpp.llama_memory_seq_rm(self._memory, 0, length, -1):
            llama_cpp.llama_memory_clear(self._memory, False)
            length = 0
        del self._cached[length:]

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(self._ctx, llama_cpp.llama_batch_get_one(array, len(tokens))):
            llama_cpp.llama_memory_clear(self._memory, False)
            self._cached.clear()
            raise MindError(f"the language model {self.name} failed at a prompt")
        self._cached.extend(tokens)

    def _prefill(self, tokens: Sequence[int], should_stop: ShouldStop) -> bool:
        """Bring the cache to exactly these tokens; False when stopped on the way."""
        if not tokens or len(tokens) >= self.context_tokens:
            raise MindError(f"the prompt is too long for {self.name}: {len(tokens)} tokens")
        shared = 0
        for have, want in zip(self._cached, tokens, strict=False):
            if have != want:
                break
            shared += 1
        # The last token is always worked out again: its logits are needed.
        self._keep(min(shared, len(tokens) - 1))
        while (done := len(self._cached)) < len(tokens):
            if should_stop():
                return False
            began = time.perf_counter()
            batch = tokens[done : done + self._batch]
            self._decode(batch)
            self._resize(len(batch), time.perf_counter() - began)
        return True

    def _resize(self, tokens: int, seconds: float) -> None:
        if tokens == self._batch and seconds > 0:
            fitting = int(tokens * ABORT_WITHIN_S / seconds)
            self._batch = max(SMALLEST_BATCH, min(self._largest, fitting))

    # -- the work ------------------------------------------------------------------------

    def warm(
        self,
        messages: Sequence[Message],
        should_stop: ShouldStop = never,
        *,
        keep: bool = False,
    ) -> None:
        """Fill the cache with a prompt's beginning, from disk when it is kept there."""
        tokens = self._prompt(messages, answer=False)
        if not (keep and self._states):
            self._prefill(tokens, should_stop)
            return
        if self._cached[: len(tokens)] == tokens:
            return
        if (state := self._states.load(tokens)) is not None and self._restore(tokens, state):
            return
        if self._prefill(tokens, should_stop):
            self._states.save(tokens, self._snapshot())

    def _snapshot(self) -> bytes:
        size = llama_cpp.llama_state_seq_get_size(self._ctx, 0)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self._ctx, buffer, size, 0)
        return bytes(buffer[:written]) if written != size else bytes(buffer)

    def _restore(self, tokens: Sequence[int], state: bytes) -> bool:
        self._keep(0)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(self._ctx, buffer, len(state), 0) != len(state):
            llama_cpp.llama_memory_clear(self._memory, False)
            return False
        self._cached = list(tokens)
        return True

    def _sampler(self, sampling: Sampling) -> Any:
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        steps = [
            llama_cpp.llama_sampler_init_penalties(
                self._words, REPEAT_WINDOW, sampling.repeat_penalty, 0.0, 0.0
            )
        ]
        if sampling.temperature <= 0:
            steps.append(llama_cpp.llama_sampler_init_greedy())
        else:
            steps += [
                llama_cpp.llama_sampler_init_top_k(40),
                llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
                llama_cpp.llama_sampler_init_temp(sampling.temperature),
                llama_cpp.llama_sampler_init_dist(sampling.seed),
            ]
        for step in steps:
            llama_cpp.llama_sampler_chain_add(chain, step)
        return chain

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, should_stop: ShouldStop = never
    ) -> Iterator[str]:
        """Yield the reply as it is written; see ``LanguageModel``."""
        if not self._prefill(self._prompt(messages, answer=True), should_stop):
            return
        sampler = self._sampler(sampling)
        decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        try:
            for _ in range(sampling.max_tokens):
                if should_stop():
                    return
                token = llama_cpp.llama_sampler_sample(sampler, self._ctx, -1)
                if llama_cpp.llama_vocab_is_eog(self._vocab, token):
                    return
                if text := decoder.decode(self._piece(token)):
                    yield text
                if len(self._cached) + 1 >= self.context_tokens:
                    return
                self._decode([token])
        finally:
            llama_cpp.llama_sampler_free(sampler)

    def close(self) -> None:
        """Free the model; later calls do nothing."""
        if self._ctx:
            llama_cpp.llama_free(self._ctx)
            llama_cpp.llama_model_free(self._model)
            self._ctx = self._model = None


__all__ = ["LlamaModel"]
