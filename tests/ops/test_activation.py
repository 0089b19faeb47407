from __future__ import annotations

from functools import partial

import numpy as np
from scipy import special

from .harness import case, mixed, suite

elementwise = partial(case, ulps=2)
exact = partial(case, ulps=0)

X = np.float32([[-6.5, -3.0, -1.25, -0.125], [0.25, 1.0, 2.75, 7.5]])
LARGE = np.float32([-60, -20, 20, 60])
SPECIAL = np.float32([np.nan, np.inf, -np.inf, 0.0])
IMAGE = np.linspace(-4, 4, 2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
SIGNAL = IMAGE.reshape(2, 3, 4)
VOLUME = IMAGE.reshape(2, 3, 2, 2, 1)
SLOPES = np.float32([0.25, -0.5, 2.0])
SCALES = np.float32([1.5, 0.5, 2.0])


def over_channels(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


def prelu(x: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, x, over_channels(alpha, x) * x)


def softplus_parametric(x: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return over_channels(alpha, x) * np.logaddexp(0, over_channels(beta, x) * x)


def clamped_relu(x: np.ndarray) -> np.ndarray:
    return np.minimum(2, np.where(x >= 0, x, 0.5 * x))


def clamped_below(x: np.ndarray) -> np.ndarray:
    return np.minimum(-1, clamped_relu(x))


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


CASES = [
    exact("relu", x=X, want=lambda x: np.maximum(x, 0)),
    exact("relu", x=SPECIAL, want=np.float32([np.nan, np.inf, 0, 0])),
    exact("relu", x=np.float32(-1), want=np.float32(0)),
    exact("relu6", x=X, want=lambda x: np.clip(x, 0, 6)),
    elementwise("sigmoid", x=X, want=special.expit),
    elementwise("sigmoid", x=SPECIAL, want=np.float32([np.nan, 1, 0, 0.5])),
    elementwise("silu", x=X, want=lambda x: x * special.expit(x)),
    elementwise("softplus", x=X, want=lambda x: np.logaddexp(0, x)),
    elementwise("softplus", x=LARGE, want=lambda x: np.logaddexp(0, x)),
    elementwise("softplus", x=SPECIAL, want=np.float32([np.nan, np.inf, 0, np.log(2)])),
    elementwise("softsign", x=X, want=lambda x: x / (1 + np.abs(x))),
    elementwise("elu", x=X, alpha=0.5, want=lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    elementwise("leaky_relu", x=X, alpha=0.25, want=lambda x: np.where(x >= 0, x, 0.25 * x)),
    elementwise("leaky_relu", x=X, alpha=-0.5, want=lambda x: np.where(x >= 0, x, -0.5 * x)),
    exact("thresholded_relu", x=X, alpha=1.0, want=lambda x: np.where(x >= 1, x, 0)),
    exact("thresholded_relu", x=X, alpha=-3.0, want=lambda x: np.where(x >= -3, x, 0)),
    elementwise("clamped_relu", x=X, alpha=0.5, beta=2.0, want=clamped_relu),
    elementwise("clamped_relu", x=X, alpha=0.5, beta=-1.0, want=clamped_below, differs="adds beta twice"),
    elementwise("linear_activation", x=X, alpha=1.5, beta=-0.5, want=lambda x: 1.5 * x - 0.5),
    elementwise("scaled_tanh", x=X, alpha=1.5, beta=0.75, want=lambda x: 1.5 * np.tanh(0.75 * x)),
    elementwise("sigmoid_hard", x=X, alpha=0.25, beta=0.5, want=lambda x: np.clip(0.25 * x + 0.5, 0, 1)),
    elementwise("prelu", x=IMAGE, alpha=SLOPES, const=("alpha",), want=prelu),
    elementwise("prelu", x=SIGNAL, alpha=np.full(3, 0.25, np.float32), const=("alpha",), want=prelu),
    elementwise("prelu", x=VOLUME, alpha=np.full(3, 0.25, np.float32), const=("alpha",), want=prelu),
    # From iOS 17 on, the parameters may be of another float type than x.
    *mixed("clamped_relu", x=X, alpha=0.3, beta=2.5, want=lambda x, a, b: np.minimum(b, np.where(x >= 0, x, a * x))),
    *mixed("elu", x=X, alpha=0.3, want=lambda x, a: np.where(x > 0, x, a * np.expm1(x))),
    *mixed("leaky_relu", x=X, alpha=0.3, want=lambda x, a: np.where(x >= 0, x, a * x)),
    *mixed("linear_activation", x=X, alpha=1.3, beta=-0.7, want=lambda x, a, b: a * x + b),
    *mixed("prelu", x=IMAGE, alpha=SLOPES, const=("alpha",), want=prelu),
    *mixed("scaled_tanh", x=X, alpha=1.3, beta=0.7, want=lambda x, a, b: a * np.tanh(b * x)),
    *mixed("sigmoid_hard", x=X, alpha=0.3, beta=0.7, want=lambda x, a, b: np.clip(a * x + b, 0, 1)),
    *mixed("softplus_parametric", x=IMAGE, alpha=SLOPES, beta=SCALES, const=("alpha", "beta"),
           want=softplus_parametric),
    *mixed("thresholded_relu", x=X, alpha=0.3, want=lambda x, a: np.where(x >= a, x, 0)),
    # A gate that is far out turns the rounding of beta * x into a larger part of the result.
    elementwise(
        "softplus_parametric", x=IMAGE, alpha=SLOPES, beta=SCALES, const=("alpha", "beta"), ulps=6,
        want=softplus_parametric,
    ),
    # Its formula adds 1 to nearly -1 far out, so what counts is the error against x.
    case("gelu", x=X, tol=1e-6, tol16=5e-4, want=lambda x: x * special.ndtr(x)),
    case("gelu", x=X, mode="EXACT", tol=1e-6, tol16=5e-4, want=lambda x: x * special.ndtr(x)),
    case("gelu", x=X, mode="TANH_APPROXIMATION", tol=1e-6, tol16=5e-4, want=gelu_tanh),
    elementwise("gelu", x=X, mode="SIGMOID_APPROXIMATION", ulps=6, want=lambda x: x * special.expit(1.702 * x)),
    *[case("softmax", x=IMAGE, axis=axis, want=partial(special.softmax, axis=axis)) for axis in (0, 1, -1, -3)],
    case("softmax", x=X, want=partial(special.softmax, axis=-1)),
    case("softmax", x=X * 1000, want=partial(special.softmax, axis=-1)),
    case("softmax", x=np.float32([1.0, -np.inf, 1.0]), want=np.float32([0.5, 0, 0.5])),
]  # fmt: skip

test_cases = suite(CASES)
