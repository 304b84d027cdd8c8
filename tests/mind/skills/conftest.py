from __future__ import annotations

import pytest
from support.spoken import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()
