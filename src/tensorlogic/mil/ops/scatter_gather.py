"""Taking values by index. Negative indices count from the end."""

from tensorlogic.mil.declare import IOS15, Const, Tensor, op


@op(since=IOS15)
def gather(x: Tensor, indices: Tensor, axis: Const[int] = 0) -> Tensor:
    """The slices of x at `indices` along an axis; the axes of `indices` take the place of that axis."""


@op(since=IOS15)
def gather_along_axis(x: Tensor, indices: Tensor, axis: Const[int] = 0) -> Tensor:
    """For each position of `indices`, the value of x there, with the index in place of the position on one axis."""


@op(since=IOS15)
def gather_nd(x: Tensor, indices: Tensor) -> Tensor:
    """The slices of x whose leading indices stand in the last axis of `indices`."""
