"""What goes over the model's edge, what it remembers, and what it holds at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from tensorlogic.advisor.cost import size
from tensorlogic.advisor.findings.view import MEGABYTE, Found, View, check, names
from tensorlogic.coreml import Feature
from tensorlogic.mil.types import TensorType


@check
def live_activations(view: View) -> Iterator[Found]:
    """An operation reads and writes more than stays on the chip."""
    large = [each for each in view.eligible if each.work.activations > view.limit]
    if large:
        most = max(each.work.activations for each in large)
        yield Found(names(large), {"megabytes": f"{most / MEGABYTE:.3g}", "most": f"{view.limit / MEGABYTE:g}"})


def _bytes(view: View, features: Iterable[Feature]) -> float:
    tensors = (view.graph.tensor(feature.name) for feature in features)
    return sum(size(tensor) for tensor in tensors if tensor is not None)


@check
def copies(view: View) -> Iterator[Found]:
    """Much is copied in and out at each prediction."""
    edges = (*view.subject.inputs, *view.subject.outputs)
    total = _bytes(view, edges)
    if total > view.limit:
        yield Found(tuple(each.name for each in edges), {"megabytes": f"{total / MEGABYTE:.3g}"})


@check
def caches(view: View) -> Iterator[Found]:
    """Inputs come out again with the same shape and type, or grown along one axis: what a decoder remembers."""
    outputs = [view.graph.tensor(each.name) for each in view.subject.outputs]
    found = [each for each in view.subject.inputs if _is_cache(view.graph.tensor(each.name), outputs)]
    if len(found) > 1 and _bytes(view, found) > view.limit:
        yield Found(tuple(each.name for each in found), {"megabytes": f"{_bytes(view, found) / MEGABYTE:.3g}"})


def _is_cache(given: TensorType | None, outputs: Iterable[TensorType | None]) -> bool:
    return given is not None and any(output is not None and _goes_on(given, output) for output in outputs)


def _goes_on(given: TensorType, output: TensorType) -> bool:
    before, after = given.shape or (), output.shape or ()
    if given.dtype != output.dtype or not given.dtype.is_float or len(before) != len(after) or len(before) < 3:
        return False
    other = [(a or 1, b or 1) for a, b in zip(before, after, strict=True) if a != b]
    return prod(n or 1 for n in before[1:]) > 1 and (not other or (len(other) == 1 and other[0][1] > other[0][0]))


@check
def many_states(view: View) -> Iterator[Found]:
    """Several states."""
    names = tuple(view.subject.function.states)
    if len(names) >= view.limit:
        yield Found(names)


@check
def some_states(view: View) -> Iterator[Found]:
    """One or two states."""
    names = tuple(view.subject.function.states)
    if 0 < len(names) < view.limit:
        yield Found(names)
