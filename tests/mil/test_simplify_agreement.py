"""Simpler programs give the same: every op case, programs put together by chance, and real models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorlogic.coreml import open_compiled, open_package
from tensorlogic.errors import UnsupportedError
from tensorlogic.mil import Operation, Program, Value
from tensorlogic.mil.types import FP16, FP32, DType
from tests.conftest import ROOT, SHARED_MODELS
from tests.ops.harness import RUNS, Run, check, literal, operation, program, tensor
from tests.ops.tables import every_case

from .simplified import Simplifying, X, differences, inputs, kinds, known, simplified

CASES = every_case()
ROUNDING = RUNS[2]
assert (ROUNDING.floats, ROUNDING.precision) == (FP16, "f32")


@pytest.mark.parametrize("each", CASES, ids=str)
def test_every_case_gives_what_is_wanted(each: Any) -> None:
    floats = FP16 if each.runs_on(ROUNDING) else FP32
    check(each, Run(Simplifying, floats, "f32"))


@pytest.mark.parametrize("each", CASES, ids=str)
def test_every_case_gives_the_same_once_all_is_known(each: Any) -> None:
    tested, texts = each.program(FP32), any(isinstance(want, str) for want in each.wanted(FP32))
    if not tested.functions["main"].states and not texts:
        tested = known(tested, each.inputs(FP32))
        assert differences(tested, simplified(tested, evaluated=True), "f32", {}) == 0


# Programs put together by chance

Shape = tuple[int, ...]


@dataclass
class Chance:
    """A program in the making. What it computes stays within a few units of zero, so that errors stay small."""

    seed: int
    operations: list[Operation] = field(default_factory=list)
    values: list[Value] = field(default_factory=lambda: [X])

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def numbers(self, *shape: int) -> np.ndarray:
        return (self.rng.uniform(0.5, 1.5, shape) * self.rng.choice([-1, 1], shape)).astype(np.float32)

    def add(self, kind: str, shape: Shape, dtype: DType, /, **given: Any) -> None:
        value = tensor(f"{kind}_{len(self.operations)}", dtype, *shape)
        floats = {name: np.asarray(each, dtype.numpy) for name, each in given.items() if _is_float(each)}
        self.operations.append(operation(kind, value, **{**given, **floats}))
        self.values.append(value)

    def step(self, kind: str) -> None:
        """One more operation, mostly on the last value."""
        values = [each for each in self.values if len(each.type.shape) == 4]
        value = values[-1] if self.rng.random() < 0.8 else values[self.rng.integers(len(values))]
        MAKERS[kind](self, value.name, value.type.shape, value.type.dtype)


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f"


def _activation(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    c.add(str(c.rng.choice(["relu", "tanh", "sigmoid", "abs", "identity"])), shape, dtype, x=x)


def _constant(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    kind, sides = str(c.rng.choice(["add", "mul", "sub", "real_div", "maximum"])), ["x", "y"]
    if kind != "real_div":
        sides = c.rng.permutation(sides).tolist()
    channel = (shape[1], *[1] * (len(shape) - 2))
    fitting = [(), (1,), shape[-1:], channel, (1, *channel), shape]
    special = c.rng.choice([0.0, -0.0, 1.0]) if kind != "real_div" else np.float32(1.0)
    value = c.numbers(*fitting[c.rng.integers(len(fitting))]) if c.rng.random() < 0.8 else special
    c.add(kind, shape, dtype, **{sides[0]: x, sides[1]: value})


def _together(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    others = [each.name for each in c.values if (each.type.shape, each.type.dtype) == (shape, dtype)]
    c.add(str(c.rng.choice(["add", "sub", "maximum"])), shape, dtype, x=x, y=str(c.rng.choice(others)))


def _transpose(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    orders = [[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 1, 2, 3], c.rng.permutation(4).tolist()]
    order = orders[c.rng.integers(len(orders))]
    c.add("transpose", tuple(shape[axis] for axis in order), dtype, x=x, perm=order)


def _reshape(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    a, b, h, w = shape
    to = [(a, h, b, w), (a, b, h * w, 1), (1, a * b, h, w), (a, b, h, w)][c.rng.integers(4)]
    c.add("reshape", to, dtype, x=x, shape=list(to))


def _expand(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    axis = int(c.rng.integers(5))
    c.add("expand_dims", (*shape[:axis], 1, *shape[axis:]), dtype, x=x, axes=[axis])
    _activation(c, c.values[-1].name, c.values[-1].type.shape, dtype)
    c.add("squeeze", shape, dtype, x=c.values[-1].name, axes=[axis])


def _cast(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    to = c.rng.choice([FP16, FP32])
    c.add("cast", shape, to, x=x, dtype=literal(to.name))


def _conv(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    n, channels, h, w = shape
    groups, outputs = int(c.rng.choice([g for g in (1, 2) if channels % g == 0])), 2 * int(c.rng.integers(1, 4))
    kernel = 3 if min(h, w) >= 3 else 1
    weight = c.numbers(outputs, channels // groups, kernel, kernel) / np.float32(channels * kernel)
    bias = {"bias": c.numbers(outputs)} if c.rng.random() < 0.5 else {}
    if c.rng.random() < 0.5:
        padded = {"pad_type": literal("same")}
        size = (h, w)
    else:
        padded, size = {}, (h - kernel + 1, w - kernel + 1)
    c.add("conv", (n, outputs, *size), dtype, x=x, weight=weight, groups=groups, **bias, **padded)


def _conv_transpose(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    n, channels, h, w = shape
    groups = int(c.rng.choice([g for g in (1, 2) if channels % g == 0]))
    weight = c.numbers(channels, 2, 2, 1) / np.float32(channels)
    c.add("conv_transpose", (n, 2 * groups, h + 1, w), dtype, x=x, weight=weight, groups=groups)


def _linear(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    outputs = int(c.rng.integers(1, 6))
    c.add("linear", (*shape[:-1], outputs), dtype, x=x, weight=c.numbers(outputs, shape[-1]) / np.float32(shape[-1]))


def _norm(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    vectors = {name: c.numbers(shape[1]) for name in ("mean", "gamma", "beta")}
    c.add("batch_norm", shape, dtype, x=x, variance=c.numbers(shape[1]) ** 2, **vectors)


def _pad(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    n, channels, h, w = shape
    top, left = (int(each) for each in c.rng.integers(0, 2, 2))
    value = float(c.rng.choice([0.0, 0.0, 1.0]))
    c.add("pad", (n, channels, h + top, w + left), dtype, x=x, pad=[top, 0, left, 0], constant_val=value)


def _matmul(c: Chance, x: str, shape: Shape, dtype: DType) -> None:
    _activation(c, x, shape, dtype)
    _transpose_last(c)
    c.add("matmul", (*shape[:-1], shape[-2]), dtype, x=x, y=c.values[-1].name)
    c.add("mul", (*shape[:-1], shape[-2]), dtype, x=c.values[-1].name, y=np.float32(0.1))


def _transpose_last(c: Chance) -> None:
    last = c.values[-1]
    *leading, h, w = last.type.shape
    c.add("transpose", (*leading, w, h), last.type.dtype, x=last.name, perm=[0, 1, 3, 2])


MAKERS = {
    "activation": _activation, "cast": _cast, "constant": _constant, "conv": _conv, "conv_transpose": _conv_transpose,
    "expand": _expand, "linear": _linear, "matmul": _matmul, "norm": _norm, "pad": _pad, "reshape": _reshape,
    "together": _together, "transpose": _transpose,
}  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=14),
    st.integers(0, 1 << 32),
    st.sampled_from([("f32", 1e-4), ("f16", 3e-2)]),
)
def test_chance_gives_the_same(steps: list[str], seed: int, precision: tuple[str, float]) -> None:
    made = Chance(seed)
    for each in steps:
        made.step(each)
    yields = {made.values[-1].name, *(each.name for each in made.values[1:] if made.rng.random() < 0.1)}
    tested = program([X], made.operations, sorted(yields), 17)
    simpler = simplified(tested, precision[0])
    assert len(kinds(simpler)) <= len(kinds(tested))
    assert kinds(simplified(simpler, precision[0])) == kinds(simpler)
    assert differences(tested, simpler, precision[0], inputs(tested, seed)) <= precision[1]


# Real models


def real_models() -> list[Path]:
    found = [path for folder in (SHARED_MODELS, ROOT / "models") for path in folder.rglob("*.mlmodelc")]
    found += [path for folder in (SHARED_MODELS, ROOT / "models") for path in folder.rglob("*.mlpackage")]
    return sorted(found)


@pytest.mark.parametrize("path", real_models(), ids=lambda path: path.name)
def test_real_models_give_the_same_with_fewer_operations(path: Path) -> None:
    try:
        opened = (open_compiled if path.suffix == ".mlmodelc" else open_package)(path).program
    except UnsupportedError:
        pytest.skip("not an ML Program")
    (name,) = opened.functions
    tested = Program({"main": opened.functions[name]})
    simpler = simplified(tested)
    assert len(kinds(simpler)) <= len(kinds(tested))
    positive = {name: np.abs(values) for name, values in inputs(tested).items()}
    assert differences(tested, simpler, "f32", positive) <= 1e-4
