"""The tables against coremltools: the types that it works out for every case, and the values where it has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from tensorlogic.mil.types import FP16, FP32, TensorType

from .harness import Case, literal
from .tables import every_case

CASES = [
    pytest.param(each, id=str(each), marks=[pytest.mark.xfail(reason=each.differs, strict=True)] * bool(each.differs))
    for each in every_case()
    if isinstance(each, Case) and each.op != "classify"
]


@pytest.fixture(scope="module")
def builder() -> Callable[[Case], tuple[Any, ...]]:
    """What builds operations in a program that nobody looks at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools
        from coremltools.converters.mil.mil import Builder, Function

    def build(each: Case) -> tuple[Any, ...]:
        target = getattr(coremltools.target, f"iOS{each.opset}")
        given = deepcopy(each.arguments)  # which coremltools changes
        arguments = {name: _given(value) for name, value in given.items()}
        with Function({}, opset_version=target), np.errstate(all="ignore"):
            built = getattr(Builder, each.op)(**arguments)
        return tuple(built) if isinstance(built, tuple | list) else (built,)

    return build


def _given(value: Any) -> Any:
    """An argument as coremltools takes it: it has marks of its own for types below a byte."""
    from coremltools.converters.mil.mil import types

    if isinstance(value, np.ndarray) and value.dtype.metadata:
        return value.astype(types.nptype_from_builtin(types.string_to_builtin(value.dtype.metadata["mil"])))
    return list(value) if isinstance(value, tuple) else value


def _values(built: tuple[Any, ...]) -> tuple[Any, ...]:
    """What coremltools works out. It expands compressed weights only on request."""
    if built[0].op.op_type.startswith("constexpr_"):
        expanded = built[0].op.materialized_val_inference()
        return expanded if isinstance(expanded, tuple) else (expanded,)
    return tuple(each.val for each in built)


@pytest.mark.parametrize("each", CASES)
def test_specification(each: Case, builder: Callable[[Case], tuple[Any, ...]]) -> None:
    from coremltools.converters.mil.mil import types

    results = builder(each)
    for built, value, want in zip(results, _values(results), each.wanted(FP32), strict=True):
        declared = literal(want).type
        assert isinstance(declared, TensorType)
        assert types.builtin_to_string(built.dtype) == declared.dtype.name
        assert tuple(built.shape) == declared.shape
        if value is not None:
            largest = np.max(np.abs(np.asarray(want, np.float64)), where=np.isfinite(want), initial=0)
            # coremltools computes in the types that it is given.
            part = each.tolerance.f16 if declared.dtype == FP16 else 1e-5
            np.testing.assert_allclose(value, want, rtol=10 * part, atol=part * largest)
