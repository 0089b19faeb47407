"""How large the weights are, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.advisor.cost import sizes
from tensorlogic.advisor.findings.view import MEGABYTE, Found, View, check, names
from tensorlogic.advisor.units import Units, seconds
from tensorlogic.mil.program import Operation


@check
def large_weights(view: View) -> Iterator[Found]:
    """The expanded weights are more than a chip's systems are known to take."""
    if view.subject.expanded > view.limit:
        yield Found((), {"megabytes": _megabytes(view.subject.expanded), "most": _megabytes(view.limit)})


def _megabytes(bytes: float) -> str:
    return f"{bytes / MEGABYTE:,.0f}"


@check
def weight_bound(view: View) -> Iterator[Found]:
    """Without reading the weights, which are not compressed, it would be expected to take less than half as long."""
    stored, expanded = view.subject.stored, view.subject.expanded
    if (
        expanded >= view.limit
        and stored >= 0.9 * expanded
        and 2 * _seconds(view, weights=0) < _seconds(view, weights=1)
    ):
        yield Found((), {"megabytes": _megabytes(stored)})


def _seconds(view: View, weights: float) -> float:
    """What all would take on the Neural Engine, with this part of the weights."""
    works = [each.work._replace(weights=weights * each.work.weights) for each in view.placement.operations]
    return seconds(Units(view.chip, ("ane",)), "ane", works, crossing=0)


@check
def palettes_for_channels(view: View) -> Iterator[Found]:
    """A palette for every output channel."""
    operations = (each for each in view.subject.function.body.walk() if each.type.endswith("constexpr_lut_to_dense"))
    found = tuple(each.name for each in operations if _palettes(view, each) == _channels(view, each) > 1)
    if found:
        yield Found(found)


def _palettes(view: View, operation: Operation) -> int:
    """How many palettes there are along the first axis; before iOS 18 there was one, and no axis to count them."""
    *counts, _, _ = (1, 1, *sizes(view.graph.given(operation, "lut")))
    return counts[2] if len(counts) > 2 else 1


def _channels(view: View, operation: Operation) -> int:
    return next(iter(sizes(view.graph.given(operation, "indices"))), 0)


@check
def int8_activations(view: View) -> Iterator[Found]:
    """Activations are quantized."""
    found = [each for each in view.placement.operations if each.site.type in ("quantize", "dequantize")]
    if found:
        yield Found(names(found))


@check
def int8_activations_unsupported(view: View) -> Iterator[Found]:
    """Activations are quantized, and the chip has no 8-bit arithmetic."""
    if not view.chip.w8a8:
        yield from int8_activations(view)
