"""Shapes that move, that are too long, or that fill memory badly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tensorlogic.advisor.cost import VIEWS, size
from tensorlogic.advisor.findings.view import FLOATS, Found, View, check, names
from tensorlogic.coreml import Feature
from tensorlogic.mil.types import TensorType


def _moves(feature: Feature) -> bool:
    """Whether an axis has a range of sizes; a range of one size is a fixed size."""
    return not feature.choices and any(low != high for low, high in feature.ranges)


@check
def ranges(view: View) -> Iterator[Found]:
    """An input has ranges of sizes."""
    moving = [feature for feature in view.subject.inputs if _moves(feature)]
    if moving:
        shape = ", ".join(map(str, moving[0].shape or ())) or "1, 3, 224, 224"
        yield Found(tuple(feature.name for feature in moving), {"name": moving[0].name, "shape": shape})


@check
def enumerated(view: View) -> Iterator[Found]:
    """An input has several shapes to choose from."""
    chosen = [feature for feature in view.subject.inputs if len(feature.choices) > 1]
    if len(chosen) == 1:
        yield Found((chosen[0].name,), {"shapes": len(chosen[0].choices), "default": list(chosen[0].shape or ())})


@check
def several_enumerated(view: View) -> Iterator[Found]:
    """Several inputs have several shapes, in a file for systems that allow it for one only."""
    chosen = tuple(feature.name for feature in view.subject.inputs if len(feature.choices) > 1)
    if len(chosen) > 1:
        yield Found(chosen)


@check
def batch(view: View) -> Iterator[Found]:
    """All inputs and outputs that are tensors have several rows."""
    edges = [each for each in (*view.subject.inputs, *view.subject.outputs) if len(each.shape or ()) > 1]
    rows = {(each.shape or (1,))[0] for each in edges if each.kind == "multi-array"}
    if len(rows) == 1 and (count := rows.pop()) > view.limit:
        yield Found(tuple(each.name for each in view.subject.inputs), {"batch": count})


ALIGNED: Final = 64
"""Bytes to which the Neural Engine fills up the last axis of a tensor."""


def _filled(tensor: TensorType) -> float:
    """How many times its bytes a tensor takes once its last axis is filled up; 1 where sizes are not known."""
    if not tensor.shape or tensor.elements is None or tensor.dtype not in FLOATS:
        return 1
    row = 2 * (tensor.shape[-1] or 1)
    return -(-row // ALIGNED) * ALIGNED / row


@check
def unaligned(view: View) -> Iterator[Found]:
    """Large tensors grow much when their last axis is filled up to 64 bytes."""
    wasteful = [
        (_filled(tensor), tensor, each.site.name)
        for each in view.eligible
        if each.site.type not in VIEWS
        for _, tensor in each.site.results
        if len(tensor.shape or ()) > 2 and _filled(tensor) >= 2 and size(tensor) >= view.limit
    ]
    if wasteful:
        factor, tensor, _ = max(wasteful, key=lambda each: each[0])
        said = {"last": (tensor.shape or (0,))[-1], "factor": f"{factor:.3g}"}
        yield Found(tuple(name for *_, name in wasteful), said)


@check
def linear_sequences(view: View) -> Iterator[Found]:
    """Products of long sequences with constant weights, written for (batch, sequence, channels)."""
    found = [
        each
        for each in view.eligible
        if each.site.type == "linear"
        and len(shape := (each.site.result or TensorType(FLOATS[0])).shape or ()) == 3
        and (shape[1] or 0) >= view.limit
    ]
    flops = sum(each.work.flops for each in view.placement.operations)
    share = sum(each.work.flops for each in found) / flops if flops else 0
    if share >= 0.25:
        yield Found(names(found), {"share": f"{share:.0%}"})


@check
def moving_data(view: View) -> Iterator[Found]:
    """Much of the program only turns tensors around."""
    moving = [each for each in view.eligible if each.site.type in ("transpose", "reshape")]
    if len(moving) >= view.limit and len(moving) > 0.25 * len(view.placement.operations):
        yield Found(names(moving), {"share": f"{len(moving) / len(view.placement.operations):.0%}"})
