"""Programs made simpler before they are lowered, with the same results.

A rule looks at one operation and what stands before it, and says which operations take its place. Operations on floats
may be put together in another order than written, so that the last bits differ; nothing else changes a value. x + 0 is
kept, since it turns -0 into 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tensorlogic.mil.program import Function
from tensorlogic.mil.simplify import affine, casts, constants, duplicates, noops, padding, transposes, views
from tensorlogic.mil.simplify.names import names_are_ambiguous
from tensorlogic.mil.simplify.scope import Evaluate, Rule
from tensorlogic.mil.simplify.sweep import sweep
from tensorlogic.mil.simplify.unused import without_unused
from tensorlogic.mil.types import DType

__all__ = ["Evaluate", "simplify"]

_SWEEPS = 8

_FAMILIES = (casts, noops, constants, transposes, views, padding, affine)
_RULES: dict[str, list[Rule]] = {}
"""The rules for each type of operation, in the order in which they are tried."""
for _family in _FAMILIES:
    for _type, _rule in _family.RULES.items():
        _RULES.setdefault(_type, []).append(_rule)

# A duplicate is found among operations that stay: after every other rule.
_LAST: tuple[Rule, ...] = (constants.evaluated, duplicates.merged)


def simplify(function: Function, computed: Callable[[DType], DType], evaluate: Evaluate | None = None) -> Function:
    """The function with fewer operations, which gives the same outputs under the same names and declared types.

    The function is one that `verify` accepts. `computed` tells in which element type an engine computes values that are
    declared in another, as float16 in float32; what is computed alike then takes each other's place. `evaluate` gives
    the results of a pure operation whose operands are all literals, or None. New literals are in the computed type.
    """
    if names_are_ambiguous(function):
        return function
    body = without_unused(function.body, function.opset)
    with np.errstate(all="ignore"):  # what does not come out finite is not folded
        for _ in range(_SWEEPS):
            swept = sweep(replace(function, body=body), computed, evaluate, _RULES, _LAST)
            body = without_unused(swept.body, function.opset)
            if not swept.changed:
                break
    return replace(function, body=body)
