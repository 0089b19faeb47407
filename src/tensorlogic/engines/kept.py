"""Sessions of what is prepared once and found in the cache from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from tensorlogic.engines.cache import default, key
from tensorlogic.engines.machine import processor
from tensorlogic.engines.protocol import Content, Session
from tensorlogic.errors import EngineError, TensorLogicError, codes, first_line

Prepared = TypeVar("Prepared", bound=Session)


def prepared(
    content: Content | None,
    parts: tuple[str, ...],
    about: Mapping[str, str],
    make: Callable[[Path | None], Prepared],
    load: Callable[[Path], Prepared],
) -> Prepared:
    """What `load` finds in the cache, or what `make` makes and writes into the folder that it is given, if any.

    It is kept under the content, and `parts`: whatever else it depends on beside our own code and the processor. A
    folder in which nothing is written is not kept.

    What a library raises becomes an `EngineError`.
    """
    try:
        return _prepared(content, parts, about, make, load)
    except TensorLogicError:
        raise
    except Exception as error:
        message = f"the model could not be prepared: {first_line(error)}"
        raise EngineError(codes.ENGINE_FAILED, message) from error


def _prepared(
    content: Content | None,
    parts: tuple[str, ...],
    about: Mapping[str, str],
    make: Callable[[Path | None], Prepared],
    load: Callable[[Path], Prepared],
) -> Prepared:
    store = default()
    if content is None or store.folder is None:
        return make(None)
    before = content()
    entry = key(before, *parts, sources(), processor())
    folder = store.find(entry)
    if folder is not None:
        with suppress(Exception):  # another process may have removed it, and what cannot be loaded is made again
            return load(folder)
    made: list[Prepared] = []

    def write(folder: Path) -> None:
        made.append(_made(make, folder))
        if content() != before or not any(folder.iterdir()):
            raise OSError("the model was replaced meanwhile, or is not worth keeping")

    store.keep(entry, write, about)
    return made[0] if made else make(None)


def _made(make: Callable[[Path | None], Prepared], folder: Path) -> Prepared:
    try:
        return make(folder)
    except TensorLogicError:
        raise
    except Exception as error:  # of the disk or of the model: that shows when it is made without writing
        raise OSError(str(error)) from error


@cache
def sources() -> str:
    """Changes with our own code: what it prepared before is then prepared again."""
    root = Path(__file__).parent.parent
    files = sorted(file for folder in ("lower", "mil", "engines") for file in (root / folder).rglob("*.py"))
    return key(*(f"{file} {status.st_size} {status.st_mtime_ns}" for file in files for status in [file.stat()]))
