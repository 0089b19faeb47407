from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from tensorlogic.mil.types import FP32

from .harness import Case, case, mixed, suite

exact = partial(case, ulps=0)

RANDOM = np.random.default_rng(5)
WEIGHTS = ("mean", "variance", "gamma", "beta")


def random(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


X = random(2, 3, 4, 5)
SIGNAL, VOLUME = X[..., 0], X[..., None]
MEAN, VARIANCE, GAMMA, BETA = random(3), np.float32([0.5, 1.5, 2.0]), random(3), random(3)
HALF_MEAN, HALF_VARIANCE = MEAN.astype(np.float16), VARIANCE.astype(np.float16)
DEEP = random(2, 7, 3, 2)
# What coremltools' tests expect of Core ML.
COLUMNS = np.float32([[[1, -7], [5, -6], [-3, -5]]])
NORMALISED = np.float32([[[0.99996257, -6.98716545], [4.99531746, -5.99191284], [-2.99898791, -4.99531746]]])


def channel(values: Any, x: np.ndarray) -> Any:
    return values.reshape(-1, *[1] * (x.ndim - 2)) if isinstance(values, np.ndarray) else values


def batch_norm(
    x: np.ndarray, mean: np.ndarray, variance: np.ndarray, gamma: Any = 1, beta: Any = 0, epsilon: float = 1e-5
) -> np.ndarray:
    scaled = (x - channel(mean, x)) / np.sqrt(channel(variance, x) + epsilon)
    return channel(gamma, x) * scaled + channel(beta, x)


def instance_norm(x: np.ndarray, gamma: Any = 1, beta: Any = 0, epsilon: float = 1e-5) -> np.ndarray:
    axes = tuple(range(2, x.ndim))
    scaled = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)
    return channel(gamma, x) * scaled + channel(beta, x)


def layer_norm(*axes: int, epsilon: float = 1e-5) -> Callable[..., np.ndarray]:
    """Over `axes`, which stand in order; gamma and beta have their sizes."""

    def of(x: np.ndarray, gamma: Any = None, beta: Any = None) -> np.ndarray:
        shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        scaled = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)
        scaled = scaled if gamma is None else scaled * gamma.reshape(shape)
        return scaled if beta is None else scaled + beta.reshape(shape)

    return of


def l2_norm(x: np.ndarray, epsilon: float = 1e-6) -> np.ndarray:
    return x / np.sqrt(np.square(x).sum((-3, -2, -1), keepdims=True) + epsilon)


def neighbours(
    size: int, before: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Callable[[np.ndarray], np.ndarray]:
    """`before` of the `size` neighbours stand before the channel itself."""

    def of(x: np.ndarray) -> np.ndarray:
        channels = range(x.shape[1])
        near = [[c for c in channels if at - before <= c < at - before + size] for at in channels]
        squares = np.stack([np.square(x[:, each]).sum(1) for each in near], 1)
        return x / (k + alpha / size * squares) ** beta

    return of


def of_torch(module: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: module.double()(torch.from_numpy(x)).detach().numpy()


def batch(*, x: np.ndarray, **how: Any) -> Case:
    return case("batch_norm", x=x, mean=MEAN, variance=VARIANCE, **how, const=WEIGHTS)


def layer(*, axes: list[int], x: np.ndarray = X, **how: Any) -> Case:
    return case("layer_norm", x=x, axes=axes, **how, const=WEIGHTS)


CASES = [
    *[batch(x=x, want=batch_norm) for x in (X, SIGNAL, VOLUME)],
    batch(x=X, gamma=GAMMA, beta=BETA, want=batch_norm),
    batch(x=X, gamma=GAMMA, want=batch_norm),
    batch(x=X, beta=BETA, want=lambda x, mean, variance, beta: batch_norm(x, mean, variance, 1, beta)),
    batch(x=X, epsilon=0.5, want=partial(batch_norm, epsilon=0.5)),
    case("batch_norm", x=X, mean=HALF_MEAN, variance=HALF_VARIANCE, const=WEIGHTS, floats=(FP32,), tol=1e-3,
         want=np.float16(batch_norm(X, np.float32(HALF_MEAN), np.float32(HALF_VARIANCE))),
         differs="in the type: only its passes write this"),
    # From iOS 17 on, the parameters may be of another float type than x.
    *mixed("batch_norm", x=X, mean=MEAN, variance=VARIANCE, gamma=GAMMA, beta=BETA, epsilon=0.1, const=WEIGHTS,
           want=batch_norm),
    *mixed("instance_norm", x=X, gamma=GAMMA, beta=BETA, epsilon=0.1, const=WEIGHTS, want=instance_norm),
    *mixed("layer_norm", x=X, axes=[1], gamma=GAMMA, beta=BETA, epsilon=0.1, const=WEIGHTS,
           want=lambda x, gamma, beta, epsilon: layer_norm(1, epsilon=epsilon)(x, gamma, beta)),
    *mixed("layer_norm", x=X, axes=[-1], gamma=random(5), beta=random(5), epsilon=0.1, const=WEIGHTS,
           want=lambda x, gamma, beta, epsilon: layer_norm(3, epsilon=epsilon)(x, gamma, beta)),
    *mixed("l2_norm", x=X, epsilon=0.1, want=l2_norm),
    *mixed("local_response_norm", x=DEEP, size=3, alpha=0.3, beta=0.7, k=1.1,
           want=lambda x, alpha, beta, k: neighbours(3, 1, alpha, beta, k)(x)),
    *[case("instance_norm", x=x, want=instance_norm) for x in (X, SIGNAL)],
    case("instance_norm", x=X, gamma=GAMMA, beta=BETA, const=WEIGHTS, want=instance_norm),
    case("instance_norm", x=X, gamma=GAMMA, epsilon=0.25, const=WEIGHTS, want=partial(instance_norm, epsilon=0.25)),
    case("instance_norm", x=X[:, :, :1, :1], want=np.zeros((2, 3, 1, 1), np.float32)),
    case("layer_norm", x=X, want=layer_norm(0, 1, 2, 3), differs="fails on its own default"),
    layer(axes=[-1], want=layer_norm(3)),
    layer(axes=[2, 3], want=of_torch(nn.LayerNorm((4, 5)))),
    layer(axes=[3, 2], gamma=random(4, 5), beta=random(4, 5), want=layer_norm(2, 3)),
    layer(axes=[-1], gamma=random(5), want=layer_norm(3)),
    layer(axes=[-1], beta=random(5), want=lambda x, beta: layer_norm(3)(x, None, beta), differs="beta without gamma"),
    layer(axes=[1], want=layer_norm(1)),
    layer(axes=[1], gamma=GAMMA, beta=BETA, want=layer_norm(1)),
    layer(axes=[1, 3], gamma=random(3, 5), beta=random(3, 5), want=layer_norm(1, 3)),
    layer(axes=[-2, 0], gamma=random(2, 4), beta=random(2, 4), want=layer_norm(0, 2)),
    layer(axes=[0, 1, 2, 3], epsilon=0.25, want=layer_norm(0, 1, 2, 3, epsilon=0.25)),
    layer(axes=[1], epsilon=0.25, want=layer_norm(1, epsilon=0.25)),
    case("l2_norm", x=X, want=l2_norm),
    case("l2_norm", x=X[0], want=l2_norm),
    case("l2_norm", x=random(2, 2, 3, 2, 3), epsilon=0.5, want=partial(l2_norm, epsilon=0.5)),
    exact("l2_norm", x=np.zeros((1, 1, 3), np.float32), want=np.zeros((1, 1, 3), np.float32)),
    # In float16 the squares are too large, the result is not.
    case("l2_norm", x=np.float32([[[300, 400]]]), want=np.float32([[[0.6, 0.8]]])),
    case("local_response_norm", x=DEEP * 10, size=3, want=neighbours(3, 1)),
    case("local_response_norm", x=DEEP, size=5, alpha=0.5, beta=0.5, k=2.0, want=neighbours(5, 2, 0.5, 0.5, 2.0)),
    case("local_response_norm", x=DEEP[..., 0], size=1, alpha=0.5, want=neighbours(1, 0, 0.5)),
    case("local_response_norm", x=COLUMNS, size=2, want=NORMALISED),
    case("local_response_norm", x=DEEP[0], size=3, alpha=0.5, want=lambda x: neighbours(3, 1, 0.5)(x[None])[0]),
    # Of an even number of neighbours, the odd one stands before.
    case("local_response_norm", x=DEEP, size=4, alpha=0.5, want=neighbours(4, 2, 0.5)),
    case("local_response_norm", x=DEEP, size=2, alpha=0.5, want=of_torch(nn.LocalResponseNorm(2, alpha=0.5))),
    case("local_response_norm", x=DEEP * 300, size=3, alpha=1.0, want=neighbours(3, 1, 1.0)),
]  # fmt: skip

test_cases = suite(CASES)
