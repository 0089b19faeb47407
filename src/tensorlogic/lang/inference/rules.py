"""What builtins give, as far as it follows from what they are given.

A builtin names its rule where it is written. A rule is a function of `Arguments`. Here are those of functions of each
element; `making`, `shaping`, `reducing` and `layering` have those of other families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tensorlogic.lang.inference.facts import VOID, Fact, List, Scalar, Size, Tensor, as_size
from tensorlogic.lang.inference.operators import binary, in_place_of_ints, matmul
from tensorlogic.lang.inference.problem import wrong_type
from tensorlogic.lang.inference.promotion import broadcast
from tensorlogic.lang.types import FLOATS, with_article


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


def larger(given: Arguments) -> Tensor:
    """A tensor of two combined element by element."""
    a, b = given.tensor("a"), given.tensor("b")
    return Tensor(shared(a, b), broadcast(a.shape, b.shape))


def paired(dtype: str | None = None, *, floats: bool = False) -> Rule:
    """Two combined element by element, of their type unless told; two numbers give a number."""

    def rule(given: Arguments) -> Fact:
        if not any(isinstance(given.values.get(name), Tensor | List) for name in ("a", "b")):
            return None
        both = larger(given)
        return both._replace(dtype=dtype or (in_place_of_ints(both.dtype) if floats else both.dtype))

    return rule


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


def shared(one: Tensor, other: Tensor) -> str | None:
    """The type of two tensors, if it is the same."""
    return one.dtype if one.dtype == other.dtype else None


def axis_of(given: Arguments, name: str, default: Size, axes: int) -> int | None:
    """An axis that is given, counted from the first; None if it is not known, or not there."""
    axis = given.size(name, default)
    if not isinstance(axis, int):
        return None
    return axis % axes if -axes <= axis < axes else None


def chosen(given: Arguments) -> Fact:
    """Elements of two tensors, by a third."""
    a, b = given.tensor("a"), given.tensor("b")
    shape = broadcast(broadcast(given.tensor("condition").shape, a.shape), b.shape)
    return Tensor(shared(a, b), shape)
