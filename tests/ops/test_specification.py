"""The tables against coremltools: the types that it works out for every case, and the values where it has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
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
        arguments = {name: list(v) if isinstance(v, tuple) else v for name, v in each.arguments.items()}
        with Function({}, opset_version=target), np.errstate(all="ignore"):
            built = getattr(Builder, each.op)(**arguments)
        return tuple(built) if isinstance(built, tuple | list) else (built,)

    return build


@pytest.mark.parametrize("each", CASES)
def test_specification(each: Case, builder: Callable[[Case], tuple[Any, ...]]) -> None:
    from coremltools.converters.mil.mil import types

    for built, want in zip(builder(each), each.wanted(FP32), strict=True):
        declared = literal(want).type
        assert isinstance(declared, TensorType)
        assert types.builtin_to_string(built.dtype) == declared.dtype.name
        assert tuple(built.shape) == declared.shape
        if built.val is not None:
            largest = np.max(np.abs(np.asarray(want, np.float64)), where=np.isfinite(want), initial=0)
            # coremltools computes in the types that it is given.
            part = each.tolerance.f16 if declared.dtype == FP16 else 1e-5
            np.testing.assert_allclose(built.val, want, rtol=10 * part, atol=part * largest)
