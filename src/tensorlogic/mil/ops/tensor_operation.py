"""Operations on whole tensors."""

from typing import Any

from tensorlogic.mil.declare import IOS15, IOS16, IOS17, Const, DTypeName, Ints, Many, Tensor, op


@op(since=IOS15)
def identity(x: Tensor) -> Tensor:
    """x itself."""


@op(since=IOS15)
def shape(x: Tensor) -> Tensor:
    """The sizes of x, as int32."""


@op(since=IOS15)
def concat(values: Many, axis: Const[int], interleave: Const[bool] = False) -> Tensor:
    """Join values along an axis; interleaved, take one slice of each in turn."""


@op(since=IOS15)
def stack(values: Many, axis: Const[int]) -> Tensor:
    """Join values of one shape along a new axis."""


@op(since=IOS15)
def split(
    x: Tensor, axis: Const[int], num_splits: Const[int] | None = None, split_sizes: Const[Ints] | None = None
) -> Many:
    """Cut x along an axis into equal parts or into parts of the given sizes."""


@op(since=IOS15)
def pad(x: Tensor, pad: Ints, mode: Const[str] = "constant", constant_val: Const[float] = 0.0) -> Tensor:
    """Widen the last axes of x by (before, after) pairs: with a constant, reflected, or with the edge value."""


@op(since=IOS15)
def tile(x: Tensor, reps: Ints) -> Tensor:
    """Repeat x along every axis."""


@op(since=IOS15)
def fill(shape: Ints, value: Any = 0.0) -> Tensor:
    """A tensor of the given shape with one value (float zero by default) everywhere."""


@op(since=IOS16)
def fill_like(ref_tensor: Tensor, value: Const[Any] = 0.0) -> Tensor:
    """A tensor of the shape of another with one value (float zero by default) everywhere."""


@op(since=IOS15)
def range_1d(end: Any, start: Any, step: Any) -> Tensor:
    """start, start + step, ... below `end`; whole numbers give int32."""


@op(since=IOS15)
def one_hot(
    indices: Tensor,
    one_hot_vector_size: int,
    axis: Const[int] = -1,
    on_value: Any = 1,
    off_value: Any = 0,
) -> Tensor:
    """A new axis with `on_value` (1) at each index and `off_value` (0) elsewhere."""


@op(since=IOS15)
def cumsum(x: Tensor, axis: Const[int] = 0, exclusive: Const[bool] = False, reverse: Const[bool] = False) -> Tensor:
    """Running sums along an axis, optionally leaving out the element itself, or from the end."""


@op(since=IOS15)
def argsort(x: Tensor, axis: Const[int] = -1, ascending: Const[bool] = False) -> Tensor:
    """The indices that sort x along an axis, largest first unless ascending."""


@op(since=IOS15)
def topk(x: Tensor, k: Const[int] = 1, axis: Const[int] = -1, ascending: Const[bool] = False) -> tuple[Tensor, Tensor]:
    """The k largest (or smallest) values along an axis, in order, and their indices."""


@op(since=IOS16, name="topk")
def topk_optional(
    x: Tensor,
    k: Const[int] = 1,
    axis: Const[int] = -1,
    ascending: Const[bool] = False,
    sort: Const[bool] = True,
    return_indices: Const[bool] = True,
) -> tuple[Tensor, Tensor]:
    """The same; in any order unless `sort`, and without the indices unless they are wanted."""


@op(since=IOS17, name="topk")
def topk_typed(
    x: Tensor,
    k: Const[int] = 1,
    axis: Const[int] = -1,
    ascending: Const[bool] = False,
    sort: Const[bool] = True,
    return_indices: Const[bool] = True,
    output_indices_dtype: Const[DTypeName] = DTypeName("int32"),  # noqa: B008
) -> tuple[Tensor, Tensor]:
    """The same, with indices of a chosen type; a k of -1 takes all."""


@op(since=IOS15)
def band_part(x: Tensor, lower: Const[int] = -1, upper: Const[int] = -1) -> Tensor:
    """x with zeros outside a band of its last two axes; a negative width keeps that whole side."""


@op(since=IOS15)
def non_zero(x: Tensor) -> Tensor:
    """The indices of the elements that are not zero, [count, rank]."""


@op(since=IOS15)
def flatten2d(x: Tensor, axis: Const[int] = 1) -> Tensor:
    """x as a matrix: the axes before `axis` joined, and those from it on."""


@op(since=IOS15)
def non_maximum_suppression(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: Const[float],
    score_threshold: Const[float],
    max_boxes: Const[int],
    per_class_suppression: Const[bool] = False,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The best of overlapping boxes: boxes [n, max_boxes, 4], scores, indices and, for each n, how many there are.

    Boxes [n, b, 4] are (x, y, width, height) around a centre; scores are [n, b, classes], and a box counts by its
    best. From the best score down, a box is left out where its intersection over union with one that was taken is
    above `iou_threshold` (`per_class_suppression`: with one whose best class is the same), or where its score is
    below `score_threshold`; of the best box alone that does not matter. What is not filled is 0, and -1 for indices.
    """


@op(since=IOS17, name="non_maximum_suppression")
def non_maximum_suppression_unlimited(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: Const[float],
    max_boxes: Const[int],
    per_class_suppression: Const[bool] = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """The same with boxes [n, 4, b] and scores [n, classes, b], for any score and without the numbers of boxes."""
