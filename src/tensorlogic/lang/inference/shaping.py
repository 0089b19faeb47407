"""The rules of what gives elements another shape, or takes them from several places."""

from __future__ import annotations

from functools import reduce

from tensorlogic.lang.inference.arrays import numel
from tensorlogic.lang.inference.facts import Fact, List, Scalar, Shape, Size, Tensor, as_sizes
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.inference.promotion import promote, shown
from tensorlogic.lang.inference.rules import Arguments, as_tensor, axis_of
from tensorlogic.lang.types import with_article


def listed(given: Arguments) -> Fact:
    """The sizes of a tensor as a list."""
    shape = given.tensor("x").shape
    return List(None if shape is None else tuple(Scalar("int", size) for size in shape))


def pieces(given: Arguments) -> Fact:
    """A list of parts of a tensor along an axis."""
    x = given.tensor("x")
    axis = None if x.shape is None else axis_of(given, "axis", 0, len(x.shape))
    if x.shape is None or axis is None:
        return List(each=Tensor(x.dtype))
    return List(each=Tensor(x.dtype, (*x.shape[:axis], None, *x.shape[axis + 1 :])))


def places(given: Arguments) -> Fact:
    """A list of the parts of a tensor at each place along an axis."""
    x = given.tensor("x")
    axis = None if x.shape is None else axis_of(given, "axis", 0, len(x.shape))
    shape = None if x.shape is None or axis is None else x.shape[:axis] + x.shape[axis + 1 :]
    return List(each=Tensor(x.dtype, shape))


def gathered(given: Arguments) -> Fact:
    """As many elements of a tensor as there are indices."""
    return Tensor(given.tensor("x").dtype, given.tensor("index").shape)


def counting(given: Arguments) -> Fact:
    """The number of elements of a tensor."""
    shape = given.tensor("x").shape
    return Scalar("int", None if shape is None else numel(shape))


def length(given: Arguments) -> Fact:
    """The number of rows of a tensor, of items of a list."""
    value = given.values.get("value")
    if isinstance(value, Tensor) and value.shape:
        return Scalar("int", value.shape[0])
    return Scalar("int", len(value.items) if isinstance(value, List) and value.items is not None else None)


def reshaped(given: Arguments) -> Fact:
    """The same elements in another shape, of which one size may be worked out."""
    x, sizes = given.tensor("x"), as_sizes(given.more)
    count = None if x.shape is None else numel(x.shape)
    if sizes is None or count is None:
        return Tensor(x.dtype, None if sizes is None else tuple(None if size == -1 else size for size in sizes))
    unknown = [size for size in sizes if not isinstance(size, int) or size < 0]
    rest = numel(tuple(size for size in sizes if size not in unknown)) or 0
    fits = count == rest if not unknown else rest == 0 or count % rest == 0
    if not fits:
        raise ImpossibleError(f"{with_article(str(x))} cannot have the shape {shown(sizes)}")
    one = count // rest if unknown == [-1] and rest else None
    return Tensor(x.dtype, tuple(one if size == -1 else size for size in sizes))


def flat(given: Arguments) -> Fact:
    """All elements along one axis."""
    x = given.tensor("x")
    return Tensor(x.dtype, (None if x.shape is None else numel(x.shape),))


def expanded(given: Arguments) -> Fact:
    """A tensor repeated to have a shape."""
    sizes = as_sizes(given.more)
    # A size of -1 keeps that of the tensor.
    shape = None if sizes is None else tuple(None if isinstance(s, int) and s < 0 else s for s in sizes)
    return Tensor(given.tensor("x").dtype, shape)


def transposed(given: Arguments) -> Fact:
    """Two axes exchanged."""
    x = given.tensor("x")
    if x.shape is None:
        return Tensor(x.dtype)
    first, second = (axis_of(given, name, at, len(x.shape)) for name, at in (("first", -2), ("second", -1)))
    if first is None or second is None:
        return Tensor(x.dtype)
    shape = list(x.shape)
    shape[first], shape[second] = shape[second], shape[first]
    return Tensor(x.dtype, tuple(shape))


def permuted(given: Arguments) -> Fact:
    """The axes in another order."""
    x, order = given.tensor("x"), as_sizes(given.more)
    if x.shape is None or order is None or len(order) != len(x.shape):
        return Tensor(x.dtype)
    known = [axis for axis in order if isinstance(axis, int) and -len(order) <= axis < len(order)]
    return Tensor(x.dtype, tuple(x.shape[axis] for axis in known) if len(known) == len(order) else None)


def squeezed(given: Arguments) -> Fact:
    """Without the axes of size 1, or one of them."""
    x = given.tensor("x")
    if x.shape is None or not all(isinstance(size, int) for size in x.shape):
        return Tensor(x.dtype)
    if not given.gives("axis"):
        return Tensor(x.dtype, tuple(size for size in x.shape if size != 1))
    axis = axis_of(given, "axis", None, len(x.shape))
    if axis is None:
        return Tensor(x.dtype)
    return Tensor(x.dtype, tuple(size for at, size in enumerate(x.shape) if at != axis or size != 1))


def unsqueezed(given: Arguments) -> Fact:
    """With a new axis of size 1."""
    x = given.tensor("x")
    axis = None if x.shape is None else axis_of(given, "axis", None, len(x.shape) + 1)
    if x.shape is None or axis is None:
        return Tensor(x.dtype)
    return Tensor(x.dtype, (*x.shape[:axis], 1, *x.shape[axis:]))


def _several(given: Arguments) -> tuple[Tensor, ...] | None:
    """Tensors that are given one by one, or as one list."""
    facts = given.more
    if len(facts) == 1 and isinstance(facts[0], List):
        if facts[0].items is None:
            return None
        facts = facts[0].items
    return tuple(as_tensor(fact) for fact in facts)


def joined(given: Arguments) -> Fact:
    """Tensors joined along an axis that they have."""
    if given.more and isinstance(given.more[-1], Scalar):
        return joined(Arguments({"axis": given.more[-1]}, given.more[:-1]))  # the axis may stand last
    tensors = _several(given)
    shapes = [t.shape for t in tensors or ()]
    dtype = _promoted(tensors)
    if not shapes or any(not shape for shape in shapes):
        return Tensor(dtype)
    axes = len(shapes[0] or ())
    axis = axis_of(given, "axis", 0, axes)
    if axis is None or any(len(shape or ()) != axes for shape in shapes):
        return Tensor(dtype)
    columns = list(zip(*(shape or () for shape in shapes), strict=True))
    return Tensor(dtype, tuple(_sum(c) if at == axis else _equal(c, at, shapes) for at, c in enumerate(columns)))


def _sum(sizes: tuple[Size, ...]) -> Size:
    numbers = [size for size in sizes if isinstance(size, int)]
    return sum(numbers) if len(numbers) == len(sizes) else None


def _equal(sizes: tuple[Size, ...], axis: int, shapes: list[Shape]) -> Size:
    numbers = {size for size in sizes if isinstance(size, int)}
    if len(numbers) > 1:
        message = f"the shapes do not fit: {' and '.join(shown(shape) for shape in shapes)} differ in axis {axis}"
        raise ImpossibleError(message, help="All axes but the one that they are joined along must be equal.")
    return numbers.pop() if numbers else sizes[0] if len(set(sizes)) == 1 else None


def stacked(given: Arguments) -> Fact:
    """Tensors of one shape put together along a new axis."""
    tensors = _several(given)
    shapes = [t.shape for t in tensors or ()]
    first = shapes[0] if shapes else None
    axis = None if first is None else axis_of(given, "axis", 0, len(first) + 1)
    if first is None or axis is None or any(shape is None or len(shape) != len(first) for shape in shapes):
        return Tensor(_promoted(tensors))
    sizes = [_equal(column, at, shapes) for at, column in enumerate(zip(*(s or () for s in shapes), strict=True))]
    return Tensor(_promoted(tensors), (*sizes[:axis], len(shapes), *sizes[axis:]))


def _promoted(tensors: tuple[Tensor, ...] | None) -> str | None:
    dtypes = [t.dtype for t in tensors or ()]
    known = [dtype for dtype in dtypes if dtype is not None]
    return reduce(promote, known) if known and len(known) == len(dtypes) else None
