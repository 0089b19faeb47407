"""Which sizes a feature may have: one, several, or ranges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Sizes = tuple[int, ...]
Range = tuple[int, int | None]
"""The least and the largest size; None stands for no limit."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes that a feature accepts. `default` is empty when the file does not give one.

    Raises `ValueError` for a negative size or an empty range.
    """

    default: Sizes
    enumerated: tuple[Sizes, ...] = ()
    ranges: tuple[Range, ...] = ()

    def __post_init__(self) -> None:
        for shape in (self.default, *self.enumerated, tuple(low for low, _ in self.ranges)):
            if any(size < 0 for size in shape):
                raise ValueError(f"the shape {_text(shape)}")
        for low, high in self.ranges:
            if high is not None and high < low:
                raise ValueError(f"the range {_range_text(low, high)}")

    @property
    def known(self) -> bool:
        """Whether the file restricts the shape at all."""
        return bool(self.default or self.enumerated or self.ranges)

    def accepts(self, shape: Sizes) -> bool:
        """Whether `shape` is one of them."""
        if self.ranges and not self.enumerated:
            return self.nearest(shape) == shape
        return not self.known or (shape != () and shape in (self.default, *self.enumerated))

    def nearest(self, shape: Sizes) -> Sizes | None:
        """The accepted shape that is most like `shape`, or None when none has as many axes."""
        if self.ranges and not self.enumerated:
            clamped = tuple(_within(size, each) for size, each in zip(shape, self.ranges, strict=False))
            return clamped if len(shape) == len(self.ranges) else None
        alike = [each for each in (*self.enumerated, self.default) if each and len(each) == len(shape)]
        return min(alike, key=lambda each: sum(abs(a - b) for a, b in zip(each, shape, strict=True)), default=None)

    def __str__(self) -> str:
        if self.enumerated:
            return "one of " + ", ".join(_text(shape) for shape in self.enumerated)
        if self.ranges:
            return _text(_range_text(low, high) for low, high in self.ranges)
        return _text(self.default)


def _within(size: int, allowed: Range) -> int:
    low, high = allowed
    return max(low, size if high is None else min(size, high))


def _text(sizes: Iterable[object]) -> str:
    return "[" + ", ".join(map(str, sizes)) + "]"


def _range_text(low: int, high: int | None) -> str:
    if low == high:
        return str(low)
    return f"{low}.." if high is None else f"{low}..{high}"
