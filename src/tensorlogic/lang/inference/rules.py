"""What builtins give, as far as it follows from what they are given.

A builtin names its rule where it is written. A rule is a function of `Arguments`; here are the rules that several
builtins share, and the ways to make others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

from tensorlogic.lang.inference.arrays import numel
from tensorlogic.lang.inference.facts import (
    VOID,
    Fact,
    List,
    Scalar,
    Shape,
    Size,
    Tensor,
    as_size,
    as_sizes,
)
from tensorlogic.lang.inference.operators import binary, in_place_of_ints, matmul
from tensorlogic.lang.inference.problem import ImpossibleError, wrong_type
from tensorlogic.lang.inference.promotion import broadcast, promote, shown
from tensorlogic.lang.types import FLOATS, INTEGERS, with_article


class Arguments(NamedTuple):
    """What is known of a call's arguments: by the names of the parameters, and of those beyond them."""

    values: Mapping[str, Fact]
    more: tuple[Fact, ...] = ()

    def tensor(self, name: str) -> Tensor:
        """An argument as the tensor that builtins make of it."""
        return as_tensor(self.values.get(name))

    def size(self, name: str, default: Size = None) -> Size:
        """An argument that is a whole number; `default` where it is not given."""
        return as_size(self.values[name]) if name in self.values else default

    def gives(self, name: str) -> bool:
        """Whether there is such an argument."""
        return name in self.values


Rule = Callable[[Arguments], Fact]
_SCALARS: Final = {"int": "int64", "float": "float32", "bool": "bool"}


def as_tensor(fact: Fact) -> Tensor:
    """The tensor that a builtin makes of a value."""
    match fact:
        case Tensor():
            return fact
        case Scalar(base, exact=exact) if base in _SCALARS:
            return Tensor(_SCALARS[base] if exact else None, ())
        case None | List():
            return Tensor()
    raise wrong_type(f"this takes a tensor, not {with_article(str(fact))}")


def by_annotation(annotation: Any) -> Rule | None:
    """The rule that a Python function's declared result gives."""
    known = _ANNOTATIONS.get(str(annotation).partition("[")[0])
    return None if known is None else lambda _: known


_ANNOTATIONS: Final[dict[str, Fact]] = {
    "torch.Tensor": Tensor(),
    "int": Scalar("int"),
    "float": Scalar("float"),
    "bool": Scalar("bool"),
    "str": Scalar("string"),
    "list": List(),
    "None": Scalar("void"),
}


def like(name: str = "x") -> Rule:
    """A tensor of the shape and type of an argument."""
    return lambda given: given.tensor(name)._replace(content=None)


def floats_like(name: str = "x") -> Rule:
    """A tensor of an argument's shape, of float32 where that holds whole numbers."""

    def rule(given: Arguments) -> Fact:
        tensor = given.tensor(name)
        return Tensor(in_place_of_ints(tensor.dtype), tensor.shape)

    return rule


def of_tensors(rule: Rule) -> Rule:
    """What a function gives that is another one for numbers."""

    return lambda given: rule(given) if isinstance(given.values.get("x"), Tensor | List) else None


def same_kind(given: Arguments) -> Fact:
    """Of a number a number of its type, of a tensor one of its shape and type."""
    x = given.values.get("x")
    if isinstance(x, Scalar) and x.base in ("int", "float"):
        return Scalar(x.base, exact=x.exact)
    # PyTorch takes truth values for whole numbers here and there.
    return None if given.tensor("x").dtype == "bool" else of_tensors(like())(given)


def same_type(name: str = "x") -> Rule:
    """A tensor of the type of an argument."""
    return lambda given: Tensor(given.tensor(name).dtype)


def of_tensor(rule: Rule) -> Rule:
    """What a function gives that takes lists and texts too."""
    return lambda given: rule(given) if isinstance(given.values.get("x"), Tensor) else None


def copied(dtype: str | None = None) -> Rule:
    """A value as a new tensor, of a type that may be an option."""

    def rule(given: Arguments) -> Fact:
        value = given.tensor("value")
        return Tensor(dtype or (None if given.gives("dtype") else value.dtype), value.shape)

    return rule


def clipped(given: Arguments) -> Fact:
    """A tensor whose elements stay between numbers, which may be of a higher type, or between tensors."""
    x = of_tensors(like())(given)
    if not isinstance(x, Tensor):
        return None
    numbers = all(isinstance(given.values.get(name, VOID), Scalar) for name in ("low", "high"))
    return Tensor(x.dtype if x.dtype in FLOATS and numbers else None, x.shape if numbers else None)


def filled(given: Arguments) -> Fact:
    """A tensor of which elements are replaced, broadcast with the mask that says which."""
    x = given.tensor("x")
    return Tensor(x.dtype, broadcast(x.shape, given.tensor("mask").shape))


def dropped(given: Arguments) -> Fact:
    """A tensor whose elements may have been multiplied by a float."""
    x = given.tensor("x")
    return Tensor(x.dtype if x.dtype in FLOATS else None, x.shape)


def larger(given: Arguments) -> Fact:
    """A tensor of two combined element by element."""
    a, b = given.tensor("a"), given.tensor("b")
    return Tensor(_shared(a, b), broadcast(a.shape, b.shape))


def of_type(dtype: str) -> Rule:
    """A tensor of an argument's shape and a type of its own."""
    return lambda given: Tensor(dtype, given.tensor("x").shape)


def power(given: Arguments) -> Fact:
    """What the operator ``**`` gives."""
    return binary("**", given.values.get("x"), given.values.get("exponent"))


def operator(sign: str) -> Rule:
    """What the operator gives, of lists as of tensors."""
    return lambda given: binary(sign, _operand(given, "a"), _operand(given, "b"))


def _operand(given: Arguments, name: str) -> Fact:
    value = given.values.get(name)
    return value if value is None or isinstance(value, Scalar) else as_tensor(value)


def product(given: Arguments) -> Fact:
    """The matrix product."""
    return matmul(given.tensor("a"), given.tensor("b"))


def tensor_product(given: Arguments) -> Fact:
    """Every element of one times every element of the other."""
    return binary("⊗", given.tensor("a"), given.tensor("b"))


def linear(given: Arguments) -> Fact:
    """``x @ weightᵀ``."""
    x, weight = given.tensor("x"), given.tensor("weight")
    if x.shape is None or weight.shape is None or not x.shape or len(weight.shape) != 2:
        return Tensor(_shared(x, weight))
    inner, other = x.shape[-1], weight.shape[-1]
    if isinstance(inner, int) and isinstance(other, int) and inner != other:
        message = f"the shapes do not fit: {shown(x.shape)} and a weight of shape {shown(weight.shape)}"
        raise ImpossibleError(message, help="A weight has the shape [outputs, inputs].")
    return Tensor(_shared(x, weight), (*x.shape[:-1], weight.shape[0]))


def _shared(one: Tensor, other: Tensor) -> str | None:
    return one.dtype if one.dtype == other.dtype else None


def created(dtype: str | None = None) -> Rule:
    """A tensor of the shape that is given, as numbers or as one list, and of a type that may be an option."""

    def rule(given: Arguments) -> Fact:
        shape = as_sizes((given.values["shape"],) if given.gives("shape") else given.more)
        return Tensor(dtype or _option(given), shape)

    return rule


def _option(given: Arguments) -> str | None:
    """The element type of a new tensor; what text an option is, is not followed."""
    return None if given.gives("dtype") else "float32"


def counted(name: str, dtype: str | None = None) -> Rule:
    """A vector of so many elements."""
    return lambda given: Tensor(dtype or _option(given), (given.size(name),))


def counted_out(given: Arguments) -> Fact:
    """The whole numbers that a range goes through, of which nothing but that is known."""
    start, stop = given.size("start"), given.size("stop")
    first, last = (0, start) if not given.gives("stop") else (start, stop)
    runs = isinstance(first, int) and isinstance(last, int) and first < last and not given.gives("step")
    return List(each=Scalar("int"), filled=runs)


def ranged(dtype: str | None = None) -> Rule:
    """The numbers from one to another, whole ones if all that is given is."""

    def rule(given: Arguments) -> Fact:
        numbers = [given.values[name] for name in ("start", "stop", "step") if given.gives(name)]
        return Tensor(dtype or (None if given.gives("dtype") else _of_numbers(numbers)), (_places(given),))

    return rule


def _of_numbers(numbers: list[Fact]) -> str | None:
    kinds = {number.base if isinstance(number, Scalar) and number.exact else None for number in numbers}
    if not kinds <= {"int", "float"}:
        return None
    return "float32" if "float" in kinds else "int64"


def _places(given: Arguments) -> Size:
    """How many numbers a range has; as many as where it stops, if it counts from 0."""
    start, stop, step = given.size("start"), given.size("stop"), given.size("step", 1)
    if not given.gives("stop"):
        start, stop = 0, start
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int) and step:
        return -((start - stop) // step)
    return stop if start == 0 and step == 1 else None


def numbers_drawn(given: Arguments) -> Fact:
    """A whole number, or with a shape a tensor of such."""
    return Tensor("int64", as_sizes(given.more)) if given.more else Scalar("int")


def square(given: Arguments) -> Fact:
    """A matrix of so many rows, and of as many columns unless told."""
    rows = given.size("rows")
    return Tensor(_option(given), (rows, given.size("columns", rows)))


def listed(given: Arguments) -> Fact:
    """The sizes of a tensor as a list."""
    shape = given.tensor("x").shape
    return List(None if shape is None else tuple(Scalar("int", size) for size in shape))


def pieces(given: Arguments) -> Fact:
    """A list of parts of a tensor along an axis."""
    x = given.tensor("x")
    axis = None if x.shape is None else _axis(given, "axis", 0, len(x.shape))
    if x.shape is None or axis is None:
        return List(each=Tensor(x.dtype))
    return List(each=Tensor(x.dtype, (*x.shape[:axis], None, *x.shape[axis + 1 :])))


def places(given: Arguments) -> Fact:
    """A list of the parts of a tensor at each place along an axis."""
    x = given.tensor("x")
    axis = None if x.shape is None else _axis(given, "axis", 0, len(x.shape))
    shape = None if x.shape is None or axis is None else x.shape[:axis] + x.shape[axis + 1 :]
    return List(each=Tensor(x.dtype, shape))


def gathered(given: Arguments) -> Fact:
    """As many elements of a tensor as there are indices."""
    return Tensor(given.tensor("x").dtype, given.tensor("index").shape)


def marked(given: Arguments) -> Fact:
    """A 1 among zeros for each index."""
    index = given.tensor("index")
    return Tensor("float32", None if index.shape is None else (*index.shape, given.size("classes")))


def averaged(one: str, other: str) -> Rule:
    """The mean over all examples, of the type of the floats that they are."""

    def rule(given: Arguments) -> Fact:
        dtype, second = given.tensor(one).dtype, given.tensor(other).dtype
        return Tensor(dtype if dtype in FLOATS and second in (dtype, *INTEGERS) else None, ())

    return rule


def attended(given: Arguments) -> Fact:
    """The values, weighted for each query."""
    query, key, value = given.tensor("query"), given.tensor("key"), given.tensor("value")
    batches = {
        None if t.shape is None or len(t.shape) < 2 or None in t.shape else t.shape[:-2] for t in (query, key, value)
    }
    if query.shape is None or value.shape is None or len(batches) > 1 or None in batches or given.gives("mask"):
        return Tensor(_shared(query, value))
    return Tensor(_shared(query, value), (*query.shape[:-1], value.shape[-1]))


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


def _axis(given: Arguments, name: str, default: Size, axes: int) -> int | None:
    """An axis that is given, counted from the first; None if it is not known, or not there."""
    axis = given.size(name, default)
    if not isinstance(axis, int):
        return None
    return axis % axes if -axes <= axis < axes else None


def transposed(given: Arguments) -> Fact:
    """Two axes exchanged."""
    x = given.tensor("x")
    if x.shape is None:
        return Tensor(x.dtype)
    first, second = (_axis(given, name, at, len(x.shape)) for name, at in (("first", -2), ("second", -1)))
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
    axis = _axis(given, "axis", None, len(x.shape))
    if axis is None:
        return Tensor(x.dtype)
    return Tensor(x.dtype, tuple(size for at, size in enumerate(x.shape) if at != axis or size != 1))


def unsqueezed(given: Arguments) -> Fact:
    """With a new axis of size 1."""
    x = given.tensor("x")
    axis = None if x.shape is None else _axis(given, "axis", None, len(x.shape) + 1)
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
    if tensors and len(given.more) > 1 and isinstance(given.more[-1], Scalar):
        return Tensor(_promoted(tensors[:-1]))
    shapes = [t.shape for t in tensors or ()]
    dtype = _promoted(tensors)
    if not shapes or any(not shape for shape in shapes):
        return Tensor(dtype)
    axes = len(shapes[0] or ())
    axis = _axis(given, "axis", 0, axes)
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
    axis = None if first is None else _axis(given, "axis", 0, len(first) + 1)
    if first is None or axis is None or any(shape is None or len(shape) != len(first) for shape in shapes):
        return Tensor(_promoted(tensors))
    sizes = [_equal(column, at, shapes) for at, column in enumerate(zip(*(s or () for s in shapes), strict=True))]
    return Tensor(_promoted(tensors), (*sizes[:axis], len(shapes), *sizes[axis:]))


def _promoted(tensors: tuple[Tensor, ...] | None) -> str | None:
    dtypes = [t.dtype for t in tensors or ()]
    known = [dtype for dtype in dtypes if dtype is not None]
    return reduce(promote, known) if known and len(known) == len(dtypes) else None


def reduced(dtype: Callable[[str | None], str | None] = in_place_of_ints) -> Rule:
    """A tensor without the axes that are given, or without any; with `keepdim` they stay, of size 1."""

    def rule(given: Arguments) -> Fact:
        if given.more:
            return None
        x = given.tensor("x")
        return Tensor(dtype(x.dtype), None if given.gives("keepdim") else _remaining(x.shape, given))

    return rule


def _remaining(shape: Shape, given: Arguments) -> Shape:
    if not given.gives("axis"):
        return ()
    axis = None if shape is None else _axis(given, "axis", None, len(shape))
    return None if shape is None or axis is None else shape[:axis] + shape[axis + 1 :]


def summed(dtype: str | None) -> str | None:
    """The type of a sum: whole numbers and truth values are added up as int64."""
    return dtype if dtype in FLOATS or dtype is None else "int64"


def same(dtype: str | None) -> str | None:
    """The type of a largest or smallest element."""
    return dtype


def found(base: str, dtype: str) -> Rule:
    """A plain value over all elements, a tensor along an axis."""

    def rule(given: Arguments) -> Fact:
        if not given.gives("axis"):
            return Scalar(base)
        # Along no axis, which nothing shows here, it is a plain value.
        return reduced(lambda _: dtype)(given) if given.values["axis"] is not None else None

    return rule


def accumulated(given: Arguments) -> Fact:
    """As many sums or products as there are elements."""
    x = given.tensor("x")
    return Tensor(summed(x.dtype), x.shape)


def chosen(given: Arguments) -> Fact:
    """Elements of two tensors, by a third."""
    a, b = given.tensor("a"), given.tensor("b")
    shape = broadcast(broadcast(given.tensor("condition").shape, a.shape), b.shape)
    return Tensor(_shared(a, b), shape)


def rows_of_table(given: Arguments) -> Fact:
    """The rows of a table at some places."""
    table, ids = given.tensor("table"), given.tensor("ids")
    if table.shape is None or ids.shape is None or len(table.shape) != 2:
        return Tensor(table.dtype)
    return Tensor(table.dtype, (*(ids.shape or (1,)), table.shape[1]))


def _each(given: Arguments, name: str, default: int, axes: int) -> tuple[Size, ...]:
    """A number for all axes of an image, or one for each."""
    if not given.gives(name):
        return (default,) * axes
    sizes = as_sizes((given.values[name],)) or (None,)
    return sizes * axes if len(sizes) == 1 else sizes


def convolved(axes: int) -> Rule:
    """Images, or signals, after a convolution."""

    def rule(given: Arguments) -> Fact:
        x, weight = given.tensor("x"), given.tensor("weight")
        dtype = _shared(x, weight)
        if x.shape is None or weight.shape is None or len(x.shape) != axes + 2 or len(weight.shape) != axes + 2:
            return Tensor(dtype)
        _check_channels(x.shape, weight.shape, given.size("groups", 1))
        options = [_each(given, name, default, axes) for name, default in _WINDOW.items()]
        windows = zip(x.shape[2:], weight.shape[2:], *options, strict=False)
        return Tensor(dtype, (x.shape[0], weight.shape[0], *(_moved(*window) for window in windows)))

    return rule


_WINDOW: Final = {"stride": 1, "padding": 0, "dilation": 1}


def _check_channels(x: tuple[Size, ...], weight: tuple[Size, ...], groups: Size) -> None:
    channels, inner = x[1], weight[1]
    if isinstance(channels, int) and isinstance(inner, int) and isinstance(groups, int) and channels != inner * groups:
        message = f"the shapes do not fit: {shown(x)} has {channels} channels, a weight {shown(weight)} takes"
        raise ImpossibleError(f"{message} {inner * groups}", help="A weight has the shape [outputs, inputs, …].")


def _moved(*window: Size) -> Size:
    """How many places a window has along an axis."""
    numbers = [number for number in window if isinstance(number, int)]
    if len(numbers) < len(window):
        return None
    size, width, stride, padding, dilation = numbers
    return (size + 2 * padding - dilation * (width - 1) - 1) // stride + 1 if stride > 0 else None


def pooled(given: Arguments) -> Fact:
    """Images after pooling: windows stand side by side unless told."""
    x = given.tensor("x")
    if x.shape is None or len(x.shape) != 4:
        return Tensor(x.dtype)
    size, padding = _each(given, "size", 1, 2), _each(given, "padding", 0, 2)
    stride = _each(given, "stride", 1, 2) if given.gives("stride") else size
    windows = zip(x.shape[2:], size, stride, padding, strict=False)
    return Tensor(x.dtype, (*x.shape[:2], *(_moved(*window, 1) for window in windows)))
