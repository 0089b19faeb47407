"""Activation functions. Shapes: the output has the shape of `x`."""

from tensorlogic.mil.declare import IOS15, Const, Tensor, like, op


def _plain(x: Tensor) -> Tensor: ...


def _alpha(x: Tensor, alpha: Const[float]) -> Tensor: ...


def _alpha_beta(x: Tensor, alpha: Const[float], beta: Const[float]) -> Tensor: ...


relu = like(_plain, "relu", "max(x, 0).")
relu6 = like(_plain, "relu6", "min(max(x, 0), 6).")
sigmoid = like(_plain, "sigmoid", "1 / (1 + exp(-x)).")
silu = like(_plain, "silu", "x * sigmoid(x).")
softplus = like(_plain, "softplus", "log(1 + exp(x)).")
softsign = like(_plain, "softsign", "x / (1 + abs(x)).")

elu = like(_alpha, "elu", "x where x > 0, elsewhere alpha * (exp(x) - 1).")
leaky_relu = like(_alpha, "leaky_relu", "x where x >= 0, elsewhere alpha * x.")
thresholded_relu = like(_alpha, "thresholded_relu", "x where x >= alpha, elsewhere 0.")

clamped_relu = like(_alpha_beta, "clamped_relu", "min(beta, x) where x >= 0, elsewhere min(beta, alpha * x).")
linear_activation = like(_alpha_beta, "linear_activation", "alpha * x + beta.")
scaled_tanh = like(_alpha_beta, "scaled_tanh", "alpha * tanh(beta * x).")
sigmoid_hard = like(_alpha_beta, "sigmoid_hard", "min(max(alpha * x + beta, 0), 1).")


@op(since=IOS15)
def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """x where x >= 0, elsewhere alpha * x, with one alpha for each channel (axis 1)."""


@op(since=IOS15)
def softplus_parametric(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """alpha * log(1 + exp(beta * x)), with one alpha and beta for each channel (axis 1)."""


@op(since=IOS15)
def gelu(x: Tensor, mode: Const[str] = "EXACT") -> Tensor:
    """x * Phi(x), exactly or by a tanh or sigmoid approximation."""


@op(since=IOS15)
def softmax(x: Tensor, axis: Const[int] = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis."""
