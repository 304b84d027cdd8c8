"""The models on this machine are the ones the catalogue describes."""

import pytest

from companion.config import Config
from companion.errors import ModelMissingError
from companion.service.store import open_store


@pytest.mark.real
@pytest.mark.parametrize(
    "name", ["whisper-tiny.en", "whisper-base", "smollm2-135m", "piper-joe-medium"]
)
def test_a_fetched_model_has_the_hashes_of_the_catalogue(name: str) -> None:
    store = open_store(Config())
    try:
        assert store.verify(name) == store.folder / name
    except ModelMissingError as error:
        pytest.skip(str(error))
