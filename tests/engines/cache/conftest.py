from __future__ import annotations

from pathlib import Path

import pytest

from tensorlogic.engines.cache import Cache
from tests.engines.cache.harness import ABOUT, FILES, KEY, LARGE, contents, writing


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    """A cache with one entry."""
    made = Cache(tmp_path / "cache", LARGE)
    assert contents(made.keep(KEY, writing(FILES), ABOUT)) == FILES
    return made
