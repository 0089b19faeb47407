"""The same values in another shape or order."""

from tensorlogic.mil.declare import IOS15, IOS16, IOS17, IOS18, Bools, Const, Ints, Many, Tensor, op


@op(since=IOS15)
def reshape(x: Tensor, shape: Ints) -> Tensor:
    """x in another shape; -1 is worked out, and 0 keeps a size where the rank stays the same."""


@op(since=IOS17, name="reshape")
def reshape_aligned(x: Tensor, shape: Ints) -> Tensor:
    """x in another shape; -1 is worked out, and 0 keeps the size that is as far from the last axis, or else is 1."""


@op(since=IOS16)
def reshape_like(x: Tensor, ref_tensors: Many, begins: Ints, ends: Ints, end_masks: Bools) -> Tensor:
    """x in a shape put together from the sizes `begin:end` of each reference; a mask leaves the end open."""


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
def reverse_sequence(x: Tensor, lengths: Tensor, seq_axis: Const[int] = 0, batch_axis: Const[int] = 0) -> Tensor:
    """x with the first `lengths[i]` elements backwards along one axis, for each i of another axis."""


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


@op(since=IOS18)
def slice_update(
    x: Tensor,
    update: Tensor,
    begin: Ints,
    end: Ints,
    stride: Const[Ints] | None = None,
    begin_mask: Const[Bools] | None = None,
    end_mask: Const[Bools] | None = None,
    squeeze_mask: Const[Bools] | None = None,
) -> Tensor:
    """x with `update` in place of what `slice_by_index` would take from it."""


@op(since=IOS15)
def sliding_windows(x: Tensor, axis: Const[int], size: Const[int], stride: Const[int] = 1) -> Tensor:
    """Every `stride`-th window of `size` elements along an axis; the elements are on a new axis after it."""


@op(since=IOS15)
def depth_to_space(x: Tensor, block_size: Const[int]) -> Tensor:
    """[n, c*b*b, h, w] to [n, c, h*b, w*b]; the block comes before the channel."""


@op(since=IOS15)
def space_to_depth(x: Tensor, block_size: Const[int]) -> Tensor:
    """[n, c, h*b, w*b] to [n, c*b*b, h, w]; the block comes before the channel."""


@op(since=IOS15)
def pixel_shuffle(x: Tensor, upscale_factor: Const[int]) -> Tensor:
    """[n, c*f*f, h, w] to [n, c, h*f, w*f]; the channel comes before the block."""


@op(since=IOS16)
def pixel_unshuffle(x: Tensor, downscale_factor: Const[int]) -> Tensor:
    """[n, c, h*f, w*f] to [n, c*f*f, h, w]; the channel comes before the block."""


@op(since=IOS15)
def space_to_batch(x: Tensor, block_shape: Const[Ints], paddings: Const[Ints]) -> Tensor:
    """[n, c, h*a, w*b] to [a*b*n, c, h, w], after padding h and w with zeros; the block comes before the batch."""


@op(since=IOS15)
def batch_to_space(x: Tensor, block_shape: Const[Ints], crops: Const[Ints]) -> Tensor:
    """[a*b*n, c, h, w] to [n, c, h*a, w*b], and then without the cropped edges of h and w."""
