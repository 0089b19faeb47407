"""Pooling over 1, 2 or 3 spatial axes. Shapes: x is [n, c, *spatial]."""

from tensorlogic.mil.declare import IOS15, Const, Ints, Tensor, like, op


def _pool(
    x: Tensor,
    kernel_sizes: Const[Ints],
    pad_type: Const[str],
    strides: Const[Ints] | None = None,
    pad: Const[Ints] | None = None,
    ceil_mode: Const[bool] = False,
) -> Tensor: ...


max_pool = like(_pool, "max_pool", "The largest value of each window.")
l2_pool = like(_pool, "l2_pool", "The square root of the sum of squares of each window.")


@op(since=IOS15)
def avg_pool(
    x: Tensor,
    kernel_sizes: Const[Ints],
    pad_type: Const[str],
    strides: Const[Ints] | None = None,
    pad: Const[Ints] | None = None,
    exclude_padding_from_average: Const[bool] = False,
    ceil_mode: Const[bool] = False,
) -> Tensor:
    """The mean of each window; padding counts as zeros, or not at all."""
