"""How far a value of one run is from the same value of another."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

import torch
from torch import Tensor

Kind = Literal["overflow", "nan", "underflow", "error"]
"""What goes wrong. Rows of ``facts/numerics.toml`` say why, and what to do."""

SMALLEST_NORMAL: Final = torch.finfo(torch.float16).tiny
MOST_NOISE: Final = 0.05
MOST_ERROR: Final = 0.5
"""More is trouble."""


class Range(NamedTuple):
    """The least and the largest finite element."""

    least: float
    largest: float


@dataclass(frozen=True)
class Difference:
    """A value in f16 beside the same in f32."""

    elements: int = 0
    overflows: int = 0
    """Infinite elements that are finite in f32."""
    nans: int = 0
    nans_in_f32: int = 0
    underflows: int = 0
    """Elements that became zero, or too small for all of f16's digits, and are not zero in f32."""
    error: float = 0.0
    """The largest difference of a finite element, as a part of its size plus the root mean square of all in f32."""
    noise: float = 0.0
    """The root mean square of all differences, as a part of that of the elements in f32."""
    lost: float = 0.0
    """The same, of the differences where elements underflow alone."""
    changed: int = 0
    """Differing elements of whole numbers, truth values or another shape, and finite ones that are not in f32."""
    range: Range | None = None
    """In f32; None where no element is finite."""
    range_in_f16: Range | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of trouble."""
        found: dict[Kind, bool] = {
            "overflow": self.overflows > 0,
            "nan": self.nans > 0,
            "underflow": self.lost > MOST_NOISE,
            "error": self.lost <= MOST_NOISE and (self.noise > MOST_NOISE or self.error > MOST_ERROR),
        }
        return tuple(kind for kind, there in found.items() if there)

    def __or__(self, other: Difference) -> Difference:
        """Both together: of several samples, or of several results."""
        return Difference(
            self.elements + other.elements,
            self.overflows + other.overflows,
            self.nans + other.nans,
            self.nans_in_f32 + other.nans_in_f32,
            self.underflows + other.underflows,
            max(self.error, other.error),
            max(self.noise, other.noise),
            max(self.lost, other.lost),
            self.changed + other.changed,
            _both(self.range, other.range),
            _both(self.range_in_f16, other.range_in_f16),
        )


def _both(one: Range | None, other: Range | None) -> Range | None:
    if one is None or other is None:
        return one or other
    return Range(min(one.least, other.least), max(one.largest, other.largest))


def compare(found: Any, wanted: Any) -> Difference | None:
    """A tensor beside the same of an f32 run; None for what is no tensor."""
    if not isinstance(found, Tensor) or not isinstance(wanted, Tensor):
        return None
    if found.shape != wanted.shape:
        return Difference(wanted.numel(), changed=max(found.numel(), wanted.numel()))
    return replace(_compared(found, wanted), range=_range(wanted), range_in_f16=_range(found))


def _compared(found: Tensor, wanted: Tensor) -> Difference:
    if not wanted.is_floating_point():
        return Difference(wanted.numel(), changed=_count(found != wanted))
    if torch.equal(found.to(wanted.dtype), wanted):
        return Difference(wanted.numel())
    return _apart(found, found.float(), wanted.float())


def _apart(found: Tensor, values: Tensor, wanted: Tensor) -> Difference:
    finite = values.isfinite() & wanted.isfinite()
    sizes, differences = _where(finite, wanted.abs()), _where(finite, (values - wanted).abs())
    # Zero in place of a number that f16 holds is no underflow, but what a difference of rounded numbers leaves.
    small = (sizes > 0) & (sizes < 2 * SMALLEST_NORMAL) & (values.abs() < SMALLEST_NORMAL)
    small &= found.dtype == torch.float16
    scale = _rms(sizes) or SMALLEST_NORMAL
    return Difference(
        wanted.numel(),
        _count(values.isinf() & wanted.isfinite()),
        _count(values.isnan()),
        _count(wanted.isnan()),
        _count(small),
        float((differences / (sizes + scale)).max()),
        _rms(differences) / scale,
        _rms(_where(small, differences)) / scale,
        _count(values.isfinite() & ~wanted.isfinite()),
    )


def _where(mask: Tensor, values: Tensor) -> Tensor:
    return torch.where(mask, values, 0)


def _rms(values: Tensor) -> float:
    """The root mean square."""
    return float(torch.linalg.vector_norm(values, dtype=torch.float64)) / math.sqrt(values.numel())


def _range(tensor: Tensor) -> Range | None:
    if tensor.dtype == torch.bool or not tensor.numel():
        return None
    values = tensor if tensor.is_floating_point() else tensor.long()
    least, largest = map(float, torch.aminmax(values))
    if not (math.isfinite(least) and math.isfinite(largest)):
        finite = tensor[tensor.isfinite()]
        return _range(finite) if finite.numel() else None
    return Range(least, largest)


def _count(mask: Tensor) -> int:
    return int(mask.sum())
