"""Taking and writing values by index.

Negative indices count from the end; iOS 17 leaves open what they give, or refuses them.
"""

from tensorlogic.mil.declare import IOS15, IOS16, IOS17, Const, Tensor, op


@op(since=IOS15)
def gather(x: Tensor, indices: Tensor, axis: Const[int] = 0) -> Tensor:
    """The slices of x at `indices` along an axis; the axes of `indices` take the place of that axis."""


@op(since=IOS15)
def gather_along_axis(x: Tensor, indices: Tensor, axis: Const[int] = 0) -> Tensor:
    """For each position of `indices`, the value of x there, with the index in place of the position on one axis."""


@op(since=IOS15)
def gather_nd(x: Tensor, indices: Tensor) -> Tensor:
    """The slices of x whose leading indices stand in the last axis of `indices`."""


@op(since=IOS16, name="gather")
def gather_batched(x: Tensor, indices: Tensor, axis: Const[int] = 0, batch_dims: Const[int] = 0) -> Tensor:
    """`gather` within each element of the first `batch_dims` axes, which x and `indices` share."""


@op(since=IOS16, name="gather_nd")
def gather_nd_batched(x: Tensor, indices: Tensor, batch_dims: Const[int] = 0) -> Tensor:
    """`gather_nd` within each element of the first `batch_dims` axes, which x and `indices` share."""


@op(since=IOS17, name="gather")
def gather_validated(
    x: Tensor,
    indices: Tensor,
    axis: Const[int] = 0,
    batch_dims: Const[int] = 0,
    validate_indices: Const[bool] = False,
) -> Tensor:
    """The same; what an index outside x gives is open unless `validate_indices` makes it an error."""


@op(since=IOS17, name="gather_along_axis")
def gather_along_axis_validated(
    x: Tensor, indices: Tensor, axis: Const[int] = 0, validate_indices: Const[bool] = False
) -> Tensor:
    """The same; what an index outside x gives is open unless `validate_indices` makes it an error."""


@op(since=IOS17, name="gather_nd")
def gather_nd_validated(
    x: Tensor, indices: Tensor, batch_dims: Const[int] = 0, validate_indices: Const[bool] = False
) -> Tensor:
    """The same; what an index outside x gives is open unless `validate_indices` makes it an error."""


@op(since=IOS15)
def scatter(data: Tensor, indices: Tensor, updates: Tensor, axis: Const[int] = 0, mode: Const[str] = "add") -> Tensor:
    """data with its slices at `indices` along an axis updated; in `updates` the axes of `indices` replace that axis.

    `mode` is "update", "add", "sub", "mul", "div", "max" or "min". Where indices repeat, one update follows another.
    """


@op(since=IOS15)
def scatter_along_axis(
    data: Tensor, indices: Tensor, updates: Tensor, axis: Const[int] = 0, mode: Const[str] = "add"
) -> Tensor:
    """data updated, for each position of `indices`, where the index stands in place of the position on one axis."""


@op(since=IOS15)
def scatter_nd(data: Tensor, indices: Tensor, updates: Tensor, mode: Const[str] = "add") -> Tensor:
    """data with those slices updated whose leading indices stand in the last axis of `indices`."""


@op(since=IOS17, name="scatter")
def scatter_validated(
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: Const[int] = 0,
    mode: Const[str] = "add",
    validate_indices: Const[bool] = False,
) -> Tensor:
    """The same; what an index outside data changes is open unless `validate_indices` makes it an error."""


@op(since=IOS17, name="scatter_along_axis")
def scatter_along_axis_validated(
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: Const[int] = 0,
    mode: Const[str] = "add",
    validate_indices: Const[bool] = False,
) -> Tensor:
    """The same; what an index outside data changes is open unless `validate_indices` makes it an error."""


@op(since=IOS17, name="scatter_nd")
def scatter_nd_validated(
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    mode: Const[str] = "add",
    validate_indices: Const[bool] = False,
) -> Tensor:
    """The same; what an index outside data changes is open unless `validate_indices` makes it an error."""
