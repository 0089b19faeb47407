"""Lists of tensors. A list is a value: writing to one makes another."""

from tensorlogic.mil.declare import IOS15, Const, DTypeName, List, Tensor, op


@op(since=IOS15)
def make_list(
    elem_shape: tuple[int | str, ...],
    init_length: int = 1,
    dynamic_length: Const[bool] = True,
    dtype: Const[DTypeName] = DTypeName("fp32"),  # noqa: B008
) -> List:
    """A list of zeros of one shape; a name stands for a size known only while running."""


@op(since=IOS15)
def list_length(ls: List) -> Tensor:
    """The number of elements, as int32."""


@op(since=IOS15)
def list_read(ls: List, index: int) -> Tensor:
    """One element."""


@op(since=IOS15)
def list_write(ls: List, index: int, value: Tensor) -> List:
    """The list with one element replaced; a dynamic list grows to hold it."""


@op(since=IOS15)
def list_gather(ls: List, indices: tuple[int, ...]) -> Tensor:
    """The elements at `indices`, stacked along a new first axis."""


@op(since=IOS15)
def list_scatter(ls: List, indices: tuple[int, ...], value: Tensor) -> List:
    """The list with the slices of `value` written at `indices`."""
