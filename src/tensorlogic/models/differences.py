"""How the tensors of two models differ, whatever their formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tensorlogic.formats.description import TensorInfo
from tensorlogic.models.model import Model

_AT_ONCE = 1 << 20
"""Elements that are compared at once, in float64."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart the elements of two tensors of one shape are."""

    different: int = 0
    """How many elements differ. NaN is equal to NaN."""
    absolute: float = 0.0
    """The largest difference; infinite where only one is a number."""
    relative: float = 0.0
    """The largest difference as a part of the larger of the two values: at most 2."""


@dataclass(frozen=True, slots=True)
class TensorDifference:
    """A tensor that both models have, and not the same."""

    name: str
    a: TensorInfo
    b: TensorInfo
    distance: Distance | None
    """None where the shapes differ."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs between the tensors of two models."""

    only_a: Mapping[str, TensorInfo]
    only_b: Mapping[str, TensorInfo]
    changed: tuple[TensorDifference, ...]
    """Shapes that differ first, then the largest differences."""
    same: int
    """How many tensors are the same."""

    def __bool__(self) -> bool:
        return bool(self.only_a or self.only_b or self.changed)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``; infinity is null there."""
        return {
            "different": bool(self),
            "same": self.same,
            "only_a": {name: _described(info) for name, info in self.only_a.items()},
            "only_b": {name: _described(info) for name, info in self.only_b.items()},
            "changed": [
                {"name": each.name, "a": _described(each.a), "b": _described(each.b), **_numbers(each.distance)}
                for each in self.changed
            ],
        }


Progress = Callable[[str, int, int], None]
"""Told which tensor is compared now, and how many of how many have been."""


def compare_models(a: Model, b: Model, progress: Progress = lambda what, done, of: None) -> Difference:
    """Compare tensors of the same name: shapes, types, every element. One tensor of each is in memory at a time.

    Quantized tensors are compared by the values that they stand for.
    """
    common = [name for name in a.tensors if name in b.tensors]
    changed = []
    for done, name in enumerate(common):
        progress(name, done, len(common))
        if (difference := _compare(name, a, b)) is not None:
            changed.append(difference)
    return Difference(
        {name: info for name, info in a.tensors.items() if name not in b.tensors},
        {name: info for name, info in b.tensors.items() if name not in a.tensors},
        tuple(sorted(changed, key=_order)),
        len(common) - len(changed),
    )


def _order(each: TensorDifference) -> tuple[bool, float]:
    return each.distance is not None, -each.distance.absolute if each.distance else 0.0


def _compare(name: str, a: Model, b: Model) -> TensorDifference | None:
    """The difference between two tensors, or None if they are the same."""
    left, right = a.tensors[name], b.tensors[name]
    if left.shape != right.shape:
        return TensorDifference(name, left, right, None)
    distance = measure(a.get_tensor(name, "torch"), b.get_tensor(name, "torch"))
    if distance.different or left.dtype != right.dtype:
        return TensorDifference(name, left, right, distance)
    return None


def measure(a: Any, b: Any) -> Distance:
    """How far apart two tensors of PyTorch of one shape are, of whatever types."""
    found = Distance()
    for left, right in zip(a.reshape(-1).split(_AT_ONCE), b.reshape(-1).split(_AT_ONCE), strict=True):
        part = _measure(left, right)
        found = Distance(
            found.different + part.different,
            max(found.absolute, part.absolute),
            max(found.relative, part.relative),
        )
    return found


def _measure(a: Any, b: Any) -> Distance:
    import torch

    whole = a.dtype == b.dtype and not a.is_floating_point() and not a.is_complex()
    left, right = (x.to(torch.complex128 if x.is_complex() else torch.float64) for x in (a, b))
    # Whole numbers of 64 bits are more exact than any float.
    same = a == b if whole else (left == right) | (left.isnan() & right.isnan())
    if same.all():
        return Distance()
    left, right = left[~same], right[~same]
    apart, larger = (left - right).abs(), torch.maximum(left.abs(), right.abs())
    relative = torch.where(larger.isfinite(), apart / larger, torch.inf)
    return Distance(len(left), _largest(apart), _largest(relative))


def _largest(values: Any) -> float:
    """The largest value, infinity where one is not a number."""
    return float(values.nan_to_num(nan=float("inf"), posinf=float("inf")).max())


def _described(info: TensorInfo) -> dict[str, Any]:
    return {"dtype": info.dtype, "shape": list(info.shape), "storage": info.storage}


def _numbers(distance: Distance | None) -> dict[str, Any]:
    """A distance as JSON, which has no infinity."""
    if distance is None:
        return {"different": None, "absolute": None, "relative": None}
    return {name: None if value == float("inf") else value for name, value in asdict(distance).items()}
