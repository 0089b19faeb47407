"""Tensors that are fp32, and what goes in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tensorlogic.advisor.findings.view import Found, View, check, names

MOST: Final = 0.5
"""The share of the operations from which on a model is an fp32 model, and not one with fp32 islands."""


@check
def float32_model(view: View) -> Iterator[Found]:
    """Most operations compute in fp32."""
    wide, total = view.ruled, len(view.placement.operations)
    if wide and len(wide) > MOST * total:
        yield Found(names(wide), {"total": total})


RECURRENT: Final = ("lstm", "gru", "rnn")


def _islands(view: View, *, recurrent: bool) -> Iterator[Found]:
    """The fp32 operations amid fp16 that are recurrent, or those that are not."""
    total = len(view.placement.operations)
    found = [each for each in view.ruled if (each.site.type in RECURRENT) == recurrent]
    if found and len(view.ruled) <= MOST * total:
        yield Found(names(found), {"total": total})


@check
def float32_islands(view: View) -> Iterator[Found]:
    """Some operations compute in fp32, amid fp16."""
    yield from _islands(view, recurrent=False)


@check
def float32_recurrent(view: View) -> Iterator[Found]:
    """Recurrent operations compute in fp32, amid fp16."""
    yield from _islands(view, recurrent=True)


@check
def float32_edges(view: View) -> Iterator[Found]:
    """An fp16 program takes or gives fp32."""
    edges = (*view.subject.inputs, *view.subject.outputs)
    wide = tuple(feature.name for feature in edges if feature.dtype == "float32")
    if wide and len(view.ruled) <= MOST * len(view.placement.operations):
        yield Found(wide)
