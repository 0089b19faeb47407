"""Where tests find real models; those that are absent are skipped, never faked."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.malformed import compressed_package, small_compiled, small_package, stateful

if TYPE_CHECKING:
    from tests.models.llama import SmallLlama

# A process that was started in the background ignores Ctrl-C, and so would the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
SHARED_MODELS = Path(os.environ.get("TENSORLOGIC_TEST_MODELS", ROOT.parent / "shared" / "models"))


def shared_model(relative: str) -> Path:
    """A file or package of the shared model collection; skips the test when the collection is not there."""
    path = SHARED_MODELS / relative
    if not path.exists():
        pytest.skip(f"the shared model {relative} is not on this machine")
    return path


def packaged(package: str, relative: str) -> Path:
    """A file inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.origin).parent / relative


@pytest.fixture(scope="module", autouse=True)
def _leave_alone_what_was_there() -> None:
    """Look for garbage among what a file of tests makes only: all that is imported by then takes a second each time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What is left alone is still there when Python ends, of which some libraries complain."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user() -> Iterator[None]:
    """Prepared models are kept in a folder of this test process, so that no run depends on another."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENSORLOGIC_CACHE", folder)
        patch.delenv("TENSORLOGIC_CACHE_LIMIT", raising=False)
        yield


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small package, written once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("package") / "small.mlpackage"
    small_package.write(path)
    return path


@pytest.fixture(scope="session")
def float32_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine convolutions of a picture in FLOAT32, written once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("package") / "float32.mlpackage"
    small_package.write_float32(path)
    return path


@pytest.fixture(scope="session")
def stateful_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with two functions and a state, written once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("package") / "stateful.mlpackage"
    stateful.write(path)
    return path


@pytest.fixture(scope="session")
def compiled(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small package compiled, written once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("compiled") / "small.mlmodelc"
    small_compiled.write(path, package)
    return path


@pytest.fixture(scope="session")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose weight is sparse and palettized, written once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("package") / "compressed.mlpackage"
    compressed_package.write(path, 64, compressed_package.sparse_palettized(64))
    return path


@pytest.fixture(scope="session")
def llama(request: pytest.FixtureRequest) -> SmallLlama:
    """A small language model in every kind of file, made once and kept between runs."""
    from tests.models.llama import small_llama

    return small_llama(request.config.cache.mkdir("llama"))
