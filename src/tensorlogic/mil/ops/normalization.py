"""Normalisations. Shapes: the output has the shape of `x`."""

from tensorlogic.mil.declare import IOS15, Const, Ints, ResultType, Tensor, op


@op(since=IOS15)
def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    result_type: ResultType,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Const[float] = 1e-5,
) -> Tensor:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta for each channel (axis 1).

    coremltools may leave out a cast before it, so that the result is not of the type of x.
    """


@op(since=IOS15)
def instance_norm(
    x: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None, epsilon: Const[float] = 1e-5
) -> Tensor:
    """Each channel of each sample brought to mean 0 and variance 1, then gamma and beta for each channel."""


@op(since=IOS15)
def layer_norm(
    x: Tensor,
    axes: Const[Ints] | None = None,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Const[float] = 1e-5,
) -> Tensor:
    """x brought to mean 0 and variance 1 over `axes` (all of them by default), then gamma and beta."""


@op(since=IOS15)
def l2_norm(x: Tensor, epsilon: Const[float] = 1e-6) -> Tensor:
    """x / sqrt(sum(x * x) + epsilon) over the last three axes."""


@op(since=IOS15)
def local_response_norm(
    x: Tensor,
    size: Const[int],
    alpha: Const[float] = 1e-4,
    beta: Const[float] = 0.75,
    k: Const[float] = 1.0,
) -> Tensor:
    """x / (k + alpha / size * sum of squares over `size` neighbouring channels) ** beta.

    Channels are axis 1, but axis 0 of three: the documentation does not say so, coremltools' expected values do.
    """
