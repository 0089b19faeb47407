"""Matrix products."""

from tensorlogic.mil.declare import IOS15, IOS17, Const, Many, ResultType, Tensor, op


@op(since=IOS15)
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight.T + bias, with weight [d_out, d_in]."""


@op(since=IOS15)
def matmul(x: Tensor, y: Tensor, transpose_x: Const[bool] = False, transpose_y: Const[bool] = False) -> Tensor:
    """x @ y over the last two axes, with broadcast leading axes and optional transposition."""


@op(since=IOS17, name="matmul")
def matmul_mixed(
    x: Tensor,
    y: Tensor,
    result_type: ResultType,
    transpose_x: Const[bool] = False,
    transpose_y: Const[bool] = False,
) -> Tensor:
    """The same; a constant may be of another type, and the result is of that of the other operand."""


@op(since=IOS15)
def einsum(values: Many, equation: Const[str]) -> Tensor:
    """A sum of products of two tensors in Einstein's notation."""
