"""The same values in another shape or order."""

from tensorlogic.mil.declare import IOS15, Bools, Const, Ints, Tensor, op


@op(since=IOS15)
def reshape(x: Tensor, shape: Ints) -> Tensor:
    """x in another shape; -1 is worked out, and 0 keeps a size where the rank stays the same."""


@op(since=IOS15)
def expand_dims(x: Tensor, axes: Const[Ints]) -> Tensor:
    """x with axes of size 1 at the given places of the result."""


@op(since=IOS15)
def squeeze(x: Tensor, axes: Const[Ints] | None = None) -> Tensor:
    """x without the given axes of size 1, or without any."""


@op(since=IOS15)
def transpose(x: Tensor, perm: Const[Ints]) -> Tensor:
    """x with its axes in the order `perm`."""


@op(since=IOS15)
def reverse(x: Tensor, axes: Const[Ints] | None = None) -> Tensor:
    """x backwards along the given axes, or along all."""


@op(since=IOS15)
def slice_by_index(
    x: Tensor,
    begin: Ints,
    end: Ints,
    stride: Const[Ints] | None = None,
    begin_mask: Const[Bools] | None = None,
    end_mask: Const[Bools] | None = None,
    squeeze_mask: Const[Bools] | None = None,
) -> Tensor:
    """x[begin:end:stride] on every axis; a mask leaves a bound open, or takes the one element at `begin`."""


@op(since=IOS15)
def slice_by_size(x: Tensor, begin: Ints, size: Ints) -> Tensor:
    """`size` elements from `begin` on every axis; a size of -1 goes to the end."""


@op(since=IOS15)
def depth_to_space(x: Tensor, block_size: Const[int]) -> Tensor:
    """[n, c*b*b, h, w] to [n, c, h*b, w*b]; the block comes before the channel."""


@op(since=IOS15)
def space_to_depth(x: Tensor, block_size: Const[int]) -> Tensor:
    """[n, c, h*b, w*b] to [n, c*b*b, h, w]; the block comes before the channel."""


@op(since=IOS15)
def pixel_shuffle(x: Tensor, upscale_factor: Const[int]) -> Tensor:
    """[n, c*f*f, h, w] to [n, c, h*f, w*f]; the channel comes before the block."""
