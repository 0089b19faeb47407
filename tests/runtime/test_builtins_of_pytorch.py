"""The builtins that users of PyTorch look for, against NumPy, PyTorch's modules, or values written down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tensorlogic.errors import codes
from tensorlogic.runtime.builtins import FUNCTIONS
from tests.runtime.harness import failure, output
from tests.runtime.test_builtins_of_networks import module

RANDOM = np.random.default_rng(11)


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(RANDOM.normal(size=shape).astype(np.float32))


NAN = math.nan
X, Y = random(2, 3), random(2, 3)
N, M = torch.tensor([-7, 6, 12]), torch.tensor([2, 4, 8])
V = torch.tensor([3.0, 1.0, 2.0, 1.0])
HOLES = torch.tensor([[1.0, NAN], [3.0, 4.0]])
TRUE = torch.tensor([True, True, False])
OTHER = torch.tensor([True, False, False])
SIGNAL, IMAGE, VOLUME = random(2, 4, 8), random(2, 4, 6, 6), random(1, 2, 4, 4, 4)
KERNEL1, KERNEL3 = random(4, 3, 3), random(3, 2, 2, 2, 2)


def distances(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
    return np.linalg.norm(a.numpy() - b.numpy() + 1e-6, axis=-1)


ROWS: list[tuple[str, list[Any], dict[str, Any], Callable[[], Any]]] = [
    ("floor_divide", [N, M], {}, lambda: [-4, 1, 1]),
    ("floor_divide", [-7, 2], {}, lambda: -4),
    ("remainder", [N, M], {}, lambda: [1, 2, 4]),
    ("fmod", [N, M], {}, lambda: [-1, 2, 4]),
    ("fmod", [-7.5, 2], {}, lambda: -1.5),
    ("hypot", [X, Y], {}, lambda: np.hypot(X, Y)),
    ("hypot", [3, 4], {}, lambda: 5.0),
    ("copysign", [V, -1.0], {}, lambda: -V),
    ("heaviside", [torch.tensor([-1.0, 0, 2]), 0.5], {}, lambda: [0, 0.5, 1]),
    ("logaddexp", [X, Y], {}, lambda: np.logaddexp(X, Y)),
    ("xlogy", [torch.tensor([0.0, 2]), torch.tensor([0.0, 3])], {}, lambda: [0, 2 * math.log(3)]),
    ("fmax", [HOLES, 2.0], {}, lambda: np.fmax(HOLES, 2)),
    ("fmin", [HOLES, 2.0], {}, lambda: np.fmin(HOLES, 2)),
    ("gcd", [N, M], {}, lambda: [1, 2, 4]),
    ("lcm", [4, 6], {}, lambda: 12),
    ("logical_and", [TRUE, OTHER], {}, lambda: [True, False, False]),
    ("logical_or", [TRUE, OTHER], {}, lambda: [True, True, False]),
    ("logical_xor", [TRUE, OTHER], {}, lambda: [False, True, False]),
    ("logical_xor", [True, 0], {}, lambda: True),
    ("logical_not", [V - 1], {}, lambda: [False, True, False, True]),
    ("logical_not", [3], {}, lambda: False),
    ("bitwise_and", [12, 10], {}, lambda: 8),
    ("bitwise_or", [M, 1], {}, lambda: [3, 5, 9]),
    ("bitwise_xor", [TRUE, OTHER], {}, lambda: [False, True, False]),
    ("bitwise_left_shift", [M, 2], {}, lambda: [8, 16, 32]),
    ("bitwise_right_shift", [12, 2], {}, lambda: 3),
    ("bitwise_not", [N], {}, lambda: [6, -7, -13]),
    ("bitwise_not", [5], {}, lambda: -6),
    ("isclose", [V, V + torch.tensor([0, 1e-9, 0.1, 0])], {}, lambda: [True, True, False, True]),
    ("isclose", [1.0, 1.05], {"atol": 0.1}, lambda: True),
    ("equal", [V, V.clone()], {}, lambda: True),
    ("equal", [V, V[:2]], {}, lambda: False),
    ("isin", [N, [6, 12]], {}, lambda: [False, True, True]),
    ("isin", [6, [6, 12]], {}, lambda: True),
    ("deg2rad", [torch.tensor([180.0, 90.0])], {}, lambda: [math.pi, math.pi / 2]),
    ("rad2deg", [math.pi], {}, lambda: 180),
    ("exp2", [X], {}, lambda: np.exp2(X)),
    ("erfc", [1.5], {}, lambda: math.erfc(1.5)),
    ("erfinv", [0.5204998778130465], {}, lambda: 0.5),
    ("lgamma", [V], {}, lambda: [math.lgamma(v) for v in V.tolist()]),
    ("digamma", [1.0], {}, lambda: -0.5772156649),
    ("logit", [0.8], {}, lambda: math.log(4)),
    ("sinc", [X], {}, lambda: np.sinc(X)),
    ("frac", [torch.tensor([-1.25, 2.5])], {}, lambda: [-0.25, 0.5]),
    ("signbit", [torch.tensor([-0.0, 1.0])], {}, lambda: [True, False]),
    ("amax", [X, 0], {}, lambda: X.numpy().max(0)),
    ("amin", [X], {"axis": [0, 1], "keepdim": True}, lambda: X.numpy().min(keepdims=True)),
    ("nansum", [HOLES, 0], {}, lambda: [4, 4]),
    ("nanmean", [HOLES], {}, lambda: 8 / 3),
    ("diff", [V], {}, lambda: [-2, 1, -1]),
    ("diff", [X, 2], {"axis": 1}, lambda: np.diff(X, 2, 1)),
    ("logcumsumexp", [X], {}, lambda: np.logaddexp.accumulate(X, 1)),
    ("searchsorted", [torch.tensor([1, 3, 3, 5]), [3, 6]], {}, lambda: [1, 4]),
    ("searchsorted", [torch.tensor([1, 3, 3, 5]), 3], {"right": True}, lambda: 3),
    ("cov", [X], {}, lambda: np.cov(X)),
    ("corrcoef", [X], {}, lambda: np.corrcoef(X)),
    ("logspace", [0, 2, 3], {}, lambda: [1, 10, 100]),
    ("logspace", [0, 3, 4], {"base": 2}, lambda: [1, 2, 4, 8]),
    ("full_like", [N, 3], {}, lambda: [3, 3, 3]),
    ("index_add", [V, 0, [0, 0, 2], [1.0, 2.0, 5.0]], {}, lambda: [6, 1, 7, 1]),
    ("index_fill", [X, 1, [0, 2], 9.0], {}, lambda: np.where([True, False, True], 9, X)),
    ("take_along_dim", [X, X.argsort(1), 1], {}, lambda: np.sort(X, 1)),
    ("take_along_dim", [X, [4, 0]], {}, lambda: [X[1, 1], X[0, 0]]),
    ("masked_select", [V, V > 1], {}, lambda: [3, 2]),
    ("diagonal", [IMAGE], {"offset": 1}, lambda: np.diagonal(IMAGE, 1, 2, 3)),
    ("smooth_l1_loss", [X, Y], {"beta": 0.5}, lambda: nn.SmoothL1Loss(beta=0.5)(X, Y)),
    ("triplet_margin_loss", [X, Y, X * 2], {},
     lambda: np.maximum(distances(X, Y) - distances(X, X * 2) + 1, 0).mean()),
    ("cosine_embedding_loss", [X, Y, [1, -1]], {}, lambda: nn.CosineEmbeddingLoss()(X, Y, torch.tensor([1, -1]))),
    ("hinge_embedding_loss", [V, [1, -1, 1, -1]], {}, lambda: (3 + 0 + 2 + 0) / 4),
    ("instance_norm", [IMAGE], {}, lambda: nn.InstanceNorm2d(4)(IMAGE)),
    ("instance_norm", [SIGNAL, V, V], {}, lambda: module(nn.InstanceNorm1d(4, affine=True), SIGNAL, weight=V, bias=V)),
    ("conv3d", [VOLUME, KERNEL3], {"padding": [1, 0, 1], "stride": 2},
     lambda: module(nn.Conv3d(2, 3, 2, 2, (1, 0, 1), bias=False), VOLUME, weight=KERNEL3)),
    ("conv_transpose1d", [SIGNAL, KERNEL1], {"stride": 2},
     lambda: module(nn.ConvTranspose1d(4, 3, 3, 2, bias=False), SIGNAL, weight=KERNEL1)),
    ("max_pool1d", [SIGNAL, 2], {}, lambda: SIGNAL.numpy().reshape(2, 4, 4, 2).max(-1)),
    ("avg_pool1d", [SIGNAL, 2], {}, lambda: SIGNAL.numpy().reshape(2, 4, 4, 2).mean(-1)),
    ("avg_pool1d", [SIGNAL, [3]], {"stride": 2, "padding": 1}, lambda: nn.AvgPool1d(3, 2, 1)(SIGNAL)),
    ("max_pool3d", [VOLUME, 2], {}, lambda: nn.MaxPool3d(2)(VOLUME)),
    ("avg_pool3d", [VOLUME, [2, 1, 4]], {}, lambda: nn.AvgPool3d((2, 1, 4))(VOLUME)),
    ("adaptive_max_pool1d", [SIGNAL, 2], {}, lambda: SIGNAL.numpy().reshape(2, 4, 2, 4).max(-1)),
    ("adaptive_avg_pool1d", [SIGNAL, 2], {}, lambda: SIGNAL.numpy().reshape(2, 4, 2, 4).mean(-1)),
    ("adaptive_max_pool2d", [IMAGE, [3, 2]], {}, lambda: nn.AdaptiveMaxPool2d((3, 2))(IMAGE)),
    ("pixel_shuffle", [IMAGE, 2], {},
     lambda: IMAGE.numpy().reshape(2, 1, 2, 2, 6, 6).transpose(0, 1, 4, 2, 5, 3).reshape(2, 1, 12, 12)),
    ("pixel_unshuffle", [IMAGE, 2], {}, lambda: nn.PixelUnshuffle(2)(IMAGE)),
    ("unfold", [IMAGE, 3], {"stride": 3}, lambda: nn.Unfold(3, stride=3)(IMAGE)),
    ("fold", [nn.Unfold(2, stride=2)(IMAGE), [6, 6], 2], {"stride": 2}, lambda: IMAGE),
    ("bmm", [IMAGE[0], IMAGE[1]], {}, lambda: IMAGE[0].numpy() @ IMAGE[1].numpy()),
    ("moveaxis", [IMAGE, 1, 3], {}, lambda: np.moveaxis(IMAGE.numpy(), 1, 3)),
    ("ravel", [X], {}, lambda: np.ravel(X)),
    ("to_vec", [X], {}, lambda: np.ravel(X)),
    ("from_vec", [X.ravel(), list(X.shape)], {}, lambda: X),
    ("dims", [X], {}, lambda: list(X.shape)),
    ("view", [X, 3, 2], {}, lambda: X.numpy().reshape(3, 2)),
    ("subtract", [X, Y], {}, lambda: X.numpy() - Y.numpy()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "want"), ROWS)
def test_against_numpy_and_pytorch(
    name: str, arguments: list[Any], options: dict[str, Any], want: Callable[[], Any]
) -> None:
    found, expected = FUNCTIONS[name](*arguments, **options), np.asarray(want())
    assert np.asarray(found).shape == expected.shape
    assert (np.asarray(found).dtype == bool) == (expected.dtype == bool)
    np.testing.assert_allclose(np.asarray(found, np.float64), np.asarray(expected, np.float64), rtol=1e-4, atol=1e-6)


PROGRAMS = {
    "r = aminmax([3, 1, 2]) print(r.min, r.max)": "1 3",
    "r = aminmax([[3, 1], [5, 9]], axis: 1) print(r.min, r.max)": "[1, 5] [3, 9]",
    "r = std_mean([1.0, 3.0], correction: 0) print(r.std, r.mean)": "1.0 2.0",
    "r = var_mean([[1.0, 3.0], [2.0, 2.0]], 1) print(r.var, r.mean)": "[2.0, 0.0] [2.0, 2.0]",
    "r = cummax([1, 3, 2]) print(r.values, r.indices)": "[1, 3, 3] [0, 1, 1]",
    "r = cummin([3, 1, 2]) print(r.values, r.indices)": "[3, 1, 1] [0, 1, 1]",
    "print(bernoulli([0.0, 1.0, 0.0]), multinomial([0.0, 1.0, 0.0], 3, replacement: true))":
        "[0.0, 1.0, 0.0] [1, 1, 1]",
    "seed(5) a = multinomial([1.0, 2.0, 3.0, 4.0], 4) print(sort(a), a.dtype)": "[0, 1, 2, 3] int64",
    "seed(5) print(abs(mean(bernoulli(full([10000], 0.25))) - 0.25) < 0.02)": "true",
    "print(logical_and(true, false), logical_not(0), bitwise_or(1, 2), hypot(3, 4), fmod(7, 4), remainder(-7, 4))":
        "false true 3 5.0 3 1",
    "print([1, 2, 3].isin([2]), [true, false].logical_not(), [1.0, 2.0].isclose([1.0, 2.1]))":
        "[false, true, false] [false, true] [true, false]",
}  # fmt: skip


@pytest.mark.parametrize(("program", "want"), PROGRAMS.items())
def test_program(program: str, want: str) -> None:
    assert output(program) == want


FAILURES = {
    "multinomial([1.0, 2.0], 3)": codes.RUN_FAILED,
    f"logspace(0, 1, {1 << 40})": codes.TOO_LARGE,
    f"multinomial([1.0], {1 << 60}, true)": codes.TOO_LARGE,
    "hypot([1, 2], [3, 4])": codes.WRONG_TYPE,
    "index_add([1.0], 0, [3], [1.0])": codes.RUN_FAILED,
    'logical_and("a", true)': codes.WRONG_TYPE,
    "floor_divide(1, 0)": codes.RUN_FAILED,
    f"max_pool1d(ones(1, 1, 4), {1 << 40})": codes.WRONG_SHAPE,
    f"avg_pool3d(ones(1, 1, 4, 4, 4), [2, {1 << 40}, 2])": codes.WRONG_SHAPE,
    f"fold(ones(1, 4, 4), [4, 4], 2, padding: {1 << 40})": codes.WRONG_SHAPE,
}


@pytest.mark.parametrize(("program", "code"), FAILURES.items())
def test_failure(program: str, code: codes.Code) -> None:
    assert failure(program).code == code
