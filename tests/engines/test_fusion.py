"""Operations that run as one step give what they give one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tensorlogic.engines.torch import TorchEngine
from tensorlogic.engines.torch.session import TorchSession
from tensorlogic.lower.torch import conv, registry
from tensorlogic.mil import Operation, Program, Value, ops
from tensorlogic.mil.types import FP16, TensorType
from tests.ops.harness import constant, literal, operation, program, tensor

RANDOM = np.random.default_rng(4)
IMAGE = RANDOM.normal(size=(1, 3, 6, 6)).astype(np.float16)
WEIGHT = (RANDOM.normal(size=(4, 3, 3, 3)) / 4).astype(np.float16)
BIAS = RANDOM.normal(size=4).astype(np.float16)
SMALL = [1, 4, 4, 4]
OTHER = RANDOM.normal(size=SMALL).astype(np.float16)


@pytest.fixture
def cudnn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the CPU fuse as a GPU does, with PyTorch's convolution in place of cuDNN's. The calls, as they come."""
    calls: list[str] = []

    def convolved(x: Any, weight: Any, bias: Any, *how: Any) -> Any:
        return F.conv2d(x.float(), weight.float(), bias.float(), *how)

    def relu(x: Any, weight: Any, bias: Any, *how: Any) -> Any:
        calls.append("relu")
        return convolved(x, weight, bias, *how).relu().to(x.dtype)

    def add_relu(x: Any, weight: Any, z: Any, alpha: float, bias: Any, *how: Any) -> Any:
        calls.append("add_relu")
        return (convolved(x, weight, bias, *how) + alpha * z.float()).relu().to(x.dtype)

    monkeypatch.setattr(torch, "cudnn_convolution_relu", relu)
    monkeypatch.setattr(torch, "cudnn_convolution_add_relu", add_relu)
    everywhere = {o: registry.Fusion(f.ops, f.call, None, f.sees_alive) for o, f in registry._fusions.items()}
    monkeypatch.setattr(registry, "_fusions", everywhere)
    return calls


def convolution(result: str = "c", x: str = "x", **how: Any) -> Operation:
    return operation("conv", tensor(result, FP16, *SMALL), x=x, weight="w", bias="b", **how)


def add(x: str, y: str, result: str = "sum") -> Operation:
    return operation("add", tensor(result, FP16, *SMALL), x=x, y=y)


def relu(x: str, result: str = "out") -> Operation:
    return operation("relu", tensor(result, FP16, *SMALL), x=x)


def of(*operations: Operation, other: tuple[int, ...] = tuple(SMALL), outputs: tuple[str, ...] = ("out",)) -> Program:
    constants = (constant("w", literal(WEIGHT)), constant("b", literal(BIAS)))
    return program([tensor("x", FP16, *IMAGE.shape), tensor("z", FP16, *other)], [*constants, *operations], outputs)


def prepared(tested: Program, precision: str = "f16") -> TorchSession:
    session = TorchEngine().prepare(tested, "main", "cpu", precision)
    assert isinstance(session, TorchSession)
    return session


def steps(session: TorchSession) -> list[str]:
    return [step.place.operation for step in session._plan.body.steps]


BY_HAND = F.conv2d(*(torch.from_numpy(each).double() for each in (IMAGE, WEIGHT, BIAS))).numpy()

FUSED = [
    ([convolution(), relu("c")], ["relu"], np.maximum(BY_HAND, 0)),
    ([convolution(), add("c", "z"), relu("sum")], ["add_relu"], np.maximum(BY_HAND + OTHER, 0)),
    ([convolution(), add("z", "c"), relu("sum")], ["add_relu"], np.maximum(BY_HAND + OTHER, 0)),
    ([convolution(), relu("z", "y"), add("y", "c"), relu("sum")], ["add_relu"], np.maximum(BY_HAND + OTHER.clip(0), 0)),
    ([convolution(), convolution("d"), add("d", "c"), relu("sum")], ["add_relu"], np.maximum(2 * BY_HAND, 0)),
    # What something else needs is not fused away.
    ([convolution(), relu("c", "r"), add("r", "c", "out")], [], np.maximum(BY_HAND, 0) + BY_HAND),
    ([convolution(), add("c", "c"), relu("sum")], [], np.maximum(2 * BY_HAND, 0)),
    ([convolution(), add("c", "z", "out")], [], BY_HAND + OTHER),
]


@pytest.mark.parametrize(("operations", "calls", "want"), FUSED)
def test_fused(operations: list[Operation], calls: list[str], want: np.ndarray, cudnn: list[str]) -> None:
    session = prepared(of(*operations))
    result = session.run({"x": IMAGE, "z": OTHER})["out"]
    np.testing.assert_allclose(result, want, rtol=4e-3, atol=4e-3)
    assert cudnn == calls


def test_an_intermediate_result_that_is_an_output_stays_one(cudnn: list[str]) -> None:
    result = prepared(of(convolution(), relu("c"), outputs=("c", "out"))).run({"x": IMAGE, "z": OTHER})
    np.testing.assert_allclose(result["c"], BY_HAND, rtol=4e-3, atol=4e-3)
    assert cudnn == []


@pytest.mark.parametrize("other", [(1, 4, 1, 1), (1,), (4, 4)])
def test_a_sum_that_is_broadcast_takes_its_steps_at_once_without_cudnn(
    other: tuple[int, ...], cudnn: list[str]
) -> None:
    session = prepared(of(convolution(), add("c", "z"), relu("sum"), other=other))
    given = RANDOM.normal(size=other).astype(np.float16)
    result = session.run({"x": IMAGE, "z": given})["out"]
    np.testing.assert_allclose(result, np.maximum(BY_HAND + given, 0), rtol=4e-3, atol=4e-3)
    assert (cudnn, steps(session)) == ([], ["relu"])


def test_float32_is_not_for_cudnn(cudnn: list[str]) -> None:
    result = prepared(of(convolution(), relu("c")), "f32").run({"x": IMAGE, "z": OTHER})["out"]
    np.testing.assert_allclose(result, np.maximum(BY_HAND, 0), rtol=1e-5, atol=1e-5)
    assert cudnn == []


@pytest.mark.parametrize("pad_type", ["same", "same_lower"])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_and_strides(pad_type: str, stride: int, cudnn: list[str]) -> None:
    size = 6 // stride
    how = {"pad_type": literal(pad_type), "strides": [stride, stride]}
    result = tensor("c", FP16, 1, 4, size, size)
    first = operation("conv", result, x="x", weight="w", bias="b", **how)
    apart = prepared(of(first, outputs=("c",))).run({"x": IMAGE, "z": OTHER})["c"]
    second = operation("relu", tensor("out", FP16, 1, 4, size, size), x="c")
    together = prepared(of(first, second)).run({"x": IMAGE, "z": OTHER})["out"]
    np.testing.assert_allclose(together, np.maximum(apart, 0), rtol=4e-3, atol=4e-3)
    assert cudnn == ["relu"]


def test_a_step_that_would_hide_a_wrong_type_is_not_fused(cudnn: list[str]) -> None:
    wrong = operation("conv", tensor("c", FP16, 1, 4, 4, 5), x="x", weight="w", bias="b")
    with pytest.raises(Exception, match=r"the file declares tensor<fp16, \[1, 4, 4, 5\]>"):
        prepared(of(wrong, relu("c"))).run({"x": IMAGE, "z": OTHER})


def test_nothing_is_fused_for_cudnn_on_a_cpu() -> None:
    assert steps(prepared(of(convolution(), relu("c")))) == ["conv", "relu"]


# Channels last


@pytest.fixture
def channels_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def last(weight: torch.Tensor) -> torch.Tensor:
        return conv.channels_last(weight) if weight.dim() == 4 else weight

    monkeypatch.setitem(registry._arrangements, (ops.conv.conv, "weight"), last)


AFTERWARDS: list[tuple[str, tuple[int, ...], dict[str, Any], Callable[[np.ndarray], np.ndarray]]] = [
    ("relu", (1, 4, 4, 4), {}, lambda c: c.clip(0)),
    ("reshape", (4, 16), {"shape": [4, 16]}, lambda c: c.reshape(4, 16)),
    ("transpose", (1, 4, 4, 4), {"perm": [0, 3, 1, 2]}, lambda c: c.transpose(0, 3, 1, 2)),
    ("softmax", (1, 4, 4, 4), {"axis": 1}, lambda c: np.exp(c) / np.exp(c).sum(1, keepdims=True)),
    ("reduce_sum", (1, 4), {"axes": [2, 3], "keep_dims": False}, lambda c: c.sum((2, 3))),
    ("flatten2d", (4, 16), {"axis": 2}, lambda c: c.reshape(4, 16)),
    ("pixel_shuffle", (1, 1, 8, 8), {"upscale_factor": 2}, lambda c: F.pixel_shuffle(torch.tensor(c), 2).numpy()),
    ("matmul", (1, 4, 4, 4), {"y": "c"}, lambda c: c @ c),
    ("identity", (1, 4, 4, 4), {}, lambda c: c),
]


@pytest.mark.usefixtures("channels_last")
@pytest.mark.parametrize(("kind", "shape", "how", "want"), AFTERWARDS, ids=[row[0] for row in AFTERWARDS])
def test_channels_last_change_no_value(
    kind: str, shape: tuple[int, ...], how: dict[str, Any], want: Callable[[np.ndarray], np.ndarray]
) -> None:
    after = operation(kind, Value("out", TensorType(FP16, shape)), x="c", **how)
    session = prepared(of(convolution(), after), "f32")
    step = session._plan.body.steps[0]
    assert step.fixed["weight"].is_contiguous(memory_format=torch.channels_last)
    result = session.run({"x": IMAGE, "z": OTHER})["out"]
    np.testing.assert_allclose(result, want(BY_HAND), rtol=1e-4, atol=1e-5)
    assert result.flags.c_contiguous


@pytest.mark.parametrize("shape", [(4, 3, 3, 3), (4, 3, 1, 1), (4, 1, 3, 3)])
def test_weights_with_their_channels_last_are_the_same(shape: tuple[int, ...]) -> None:
    weight = torch.randn(shape)
    last = conv.channels_last(weight)
    assert torch.equal(last, weight)
    assert last.permute(0, 2, 3, 1).is_contiguous()


def test_weights_stay_as_they_are_where_it_does_not_pay() -> None:
    weight = torch.zeros(4, 3, 3, 3)
    assert conv.by_channel(weight) is weight
