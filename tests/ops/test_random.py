from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tensorlogic.mil.types import FP16, FP32, INT32, DType

from .harness import RUNS, Case, Run, case, constant, literal, operation, program, suite, tensor

MANY = 20000
certain = partial(case, ulps=0)
SHAPE = [2, 1, 3]
COMPUTED = np.int32(SHAPE)
ONE_OF_TWO = np.float32([[0, -np.inf], [-np.inf, 0]])

CASES = [
    certain("random_bernoulli", shape=SHAPE, prob=1.0, want=np.ones(SHAPE, np.float32)),
    certain("random_bernoulli", shape=COMPUTED, prob=0.0, seed=3, dynamic=True,
            want=lambda shape: np.zeros(shape, np.float32)),
    certain("random_normal", shape=SHAPE, mean=1.5, stddev=0.0, want=np.full(SHAPE, 1.5, np.float32)),
    certain("random_normal", shape=COMPUTED, mean=0.25, stddev=0.0, seed=0, dynamic=True,
            want=lambda shape: np.full(shape, 0.25, np.float32)),
    certain("random_uniform", shape=SHAPE, low=2.0, high=2.0, want=np.full(SHAPE, 2, np.float32)),
    certain("random_uniform", shape=COMPUTED, low=-1.0, high=-1.0, seed=1, dynamic=True,
            want=lambda shape: np.full(shape, -1, np.float32)),
    certain("random_categorical", x=np.float32([3]), size=4, seed=1, want=np.zeros(4, np.float32)),
    certain("random_categorical", x=ONE_OF_TWO, want=np.float32([[0], [1]])),
    certain("random_categorical", x=np.float32([[[0, 0, 5], [1, 0, 0]]]), mode="probs", size=3, dynamic=True,
            want=np.float32([[[2] * 3, [0] * 3]])),
]  # fmt: skip

test_cases = suite(CASES)

UNIFORM = {"shape": [MANY], "low": -2.0, "high": 6.0}
LOGITS = np.log(np.float32([[1, 2, 7], [6, 3, 1]]))


def drawn(op: str, run: Run, floats: DType, times: int = 1, **arguments: Any) -> list[np.ndarray]:
    """What some runs of one prepared program with one operation give."""
    result = np.zeros(2 * MANY if op == "random_categorical" else MANY, np.float32)
    shaped = result.reshape(2, -1) if op == "random_categorical" else result
    session = run.engine().prepare(Case(op, arguments, shaped).program(floats), "main", "cpu", run.precision)
    inputs = Case(op, arguments, shaped).inputs(floats)
    return [session.run(inputs)["out_0"].astype(np.float64) for _ in range(times)]


def chance(expected: Any, numbers: np.ndarray) -> float:
    """The probability of numbers like these or stranger ones, where they are `expected` so often."""
    counts = np.bincount(numbers.astype(int), minlength=len(expected))
    return float(stats.chisquare(counts, np.asarray(expected) * len(numbers)).pvalue)


DISTRIBUTIONS: list[tuple[str, dict[str, Any], Callable[[np.ndarray], float]]] = [
    ("random_bernoulli", {"shape": [MANY]}, partial(chance, [0.5, 0.5])),
    ("random_bernoulli", {"shape": [MANY], "prob": 0.125}, partial(chance, [0.875, 0.125])),
    ("random_normal", {"shape": [MANY]}, lambda x: stats.kstest(x, "norm").pvalue),
    ("random_normal", {"shape": [MANY], "mean": 3.0, "stddev": 0.5},
     lambda x: stats.kstest(x, "norm", (3, 0.5)).pvalue),
    ("random_uniform", {"shape": [MANY]}, lambda x: stats.kstest(x, "uniform").pvalue),
    ("random_uniform", UNIFORM, lambda x: stats.kstest(x, "uniform", (-2, 8)).pvalue),
    ("random_categorical", {"x": LOGITS, "size": MANY}, lambda x: chance([0.1, 0.2, 0.7], x[0])),
    ("random_categorical", {"x": LOGITS, "size": MANY}, lambda x: chance([0.6, 0.3, 0.1], x[1])),
    ("random_categorical", {"x": np.exp(LOGITS), "size": MANY, "mode": "probs"},
     lambda x: chance([0.1, 0.2, 0.7], x[0])),
]  # fmt: skip


DRAWING = [run for run in RUNS if not run.sampled]
ENGINES = [run for run in DRAWING if (run.floats, run.precision) == (FP32, "f32")]
on_each_engine = pytest.mark.parametrize("run", ENGINES, ids=str)


@on_each_engine
@pytest.mark.parametrize("seed", [0, 1, 1 << 30])
@pytest.mark.parametrize(("op", "arguments", "likely"), DISTRIBUTIONS)
def test_distribution(
    op: str, arguments: dict[str, Any], likely: Callable[[np.ndarray], float], seed: int, run: Run
) -> None:
    (numbers,) = drawn(op, run, FP32, **arguments, seed=seed)
    assert likely(numbers) > 1e-4


@on_each_engine
@pytest.mark.parametrize(("op", "arguments", "_"), DISTRIBUTIONS)
def test_seed(op: str, arguments: dict[str, Any], _: Any, run: Run) -> None:
    first, second = drawn(op, run, FP32, times=2, **arguments, seed=5)
    (third,) = drawn(op, run, FP32, **arguments, seed=5)
    (other,) = drawn(op, run, FP32, **arguments, seed=6)
    assert (first == second).all() and (first == third).all() and (first != other).any()


@on_each_engine
@pytest.mark.parametrize(("op", "arguments", "likely"), DISTRIBUTIONS)
@pytest.mark.parametrize("seed", [{}, {"seed": -1}])
def test_no_seed(
    op: str, arguments: dict[str, Any], seed: dict[str, int], likely: Callable[[np.ndarray], float], run: Run
) -> None:
    first, second = drawn(op, run, FP32, times=2, **arguments, **seed)
    assert (first != second).any() and likely(first) > 1e-9


@pytest.mark.parametrize("run", DRAWING, ids=str)
def test_uniform_stays_below_its_end(run: Run) -> None:
    for arguments in (UNIFORM, {"shape": [MANY], "low": 1000.0, "high": 1001.0}):
        (numbers,) = drawn("random_uniform", run, run.floats, **arguments, seed=2)
        assert (numbers >= arguments["low"]).all() and (numbers < arguments["high"]).all()


def test_shape_of_another_tensor() -> None:
    """A program may ask for as many numbers as an input has, and use one draw twice."""
    steps = [
        constant("seed", literal(-1)),
        operation("shape", tensor("sizes", INT32, 2), x="x"),
        operation("random_normal", tensor("noise", FP16, None, None), shape="sizes", mean=0.0, stddev=1.0, seed="seed"),
        operation("sub", tensor("nothing", FP16, None, None), x="noise", y="noise"),
    ]
    noisy = program([tensor("x", FP16, None, None)], steps, ["noise", "nothing"])
    for run in DRAWING:
        session = run.engine().prepare(noisy, "main", "cpu", run.precision)
        results = session.run({"x": np.zeros((3, 5), np.float16)})
        assert results["noise"].shape == (3, 5) and results["noise"].std() > 0
        assert not results["nothing"].any()
