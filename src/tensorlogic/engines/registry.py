"""The engines that are installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from tensorlogic.engines.protocol import Engine
from tensorlogic.errors import UsageError, codes, nearest

ENTRY_POINTS = "tensorlogic.engines"


def engine_names() -> list[str]:
    """Every registered engine, in the order in which ``auto`` tries them."""
    return [point.name for point in _points()]


def _points() -> list[EntryPoint]:
    """Our own engines first, in the order of `_OURS`: installing another never changes a result."""
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (not _is_ours(point), _rank(point.name)))


# The fastest first; the last one is never chosen but asked for, or found to be the fastest by measuring.
_OURS = ("onnxruntime", "openvino", "torch", "torch-compile")


def _is_ours(point: EntryPoint) -> bool:
    return point.value.startswith("tensorlogic.")


def _rank(name: str) -> int:
    return _OURS.index(name) if name in _OURS else len(_OURS)


def engine(name: str) -> Engine:
    """The engine called `name`. Raises `UsageError` when there is none."""
    for point in _points():
        if point.name == name:
            loaded: Engine = point.load()()
            return loaded
    guess = nearest(name, engine_names())
    raise UsageError(
        codes.NO_ENGINE,
        f"there is no engine {name!r}",
        help=f"Did you mean {guess!r}?" if guess else f"There are: auto, {', '.join(engine_names())}.",
    )
