"""Operators: what is known of the result, or that there can be none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tensorlogic.lang.inference.facts import BOOL, INT, LARGEST, STRING, Fact, List, Record, Scalar, Shape, Tensor, join
from tensorlogic.lang.inference.problem import ImpossibleError, wrong_type
from tensorlogic.lang.inference.promotion import broadcast, common_dtype, promote, shown
from tensorlogic.lang.types import FLOATS, INTEGERS, with_article

NUMBERS: Final = ("int", "float", "bool")
COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=", "≈")

_WHOLE: Final[dict[str, Callable[[int, int], int]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def binary(operator: str, left: Fact, right: Fact) -> Fact:
    """The fact about ``left operator right``; `ImpossibleError` when that always fails."""
    if operator in ("and", "or"):
        return join(left, right)
    if left is None or right is None:
        return None
    if operator == "@":
        return matmul(left, right)
    if operator == "⊗":
        return _outer(left, right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _elementwise(operator, left, right)
    return _plain(operator, left, right)


def unary(operator: str, operand: Fact) -> Fact:
    """The fact about ``operator operand``."""
    if operator == "!" and isinstance(operand, Tensor):
        return Tensor("bool", operand.shape)
    if operator in ("!", "not"):
        return None if operand is None else BOOL
    if isinstance(operand, Scalar) and operand.base in NUMBERS:
        return _negative(operand)
    if operand is None or isinstance(operand, Tensor):
        return operand and operand._replace(content=None)
    raise wrong_type(f"`{operator}` does not take {with_article(str(operand))}")


def truth(fact: Fact) -> Fact:
    """Whether a value counts as true."""
    if isinstance(fact, Tensor) and fact.shape is not None and any(isinstance(n, int) and n > 1 for n in fact.shape):
        raise wrong_type("a tensor is true or false only if it has one element", "Use any(…) or all(…).")
    return BOOL


def _negative(operand: Scalar) -> Scalar:
    value = -operand.value if isinstance(operand.value, int) else None
    return Scalar("int" if operand.base == "bool" else operand.base, value, operand.exact)


def _elementwise(operator: str, left: Fact, right: Fact) -> Fact:
    if isinstance(left, List) or isinstance(right, List):
        return None
    tensor, other = (left, right) if isinstance(left, Tensor) else (right, left)
    assert isinstance(tensor, Tensor)
    if isinstance(other, Record) or (isinstance(other, Scalar) and other.base not in NUMBERS):
        return _unlike(operator, left, right)
    shape = broadcast(_shape(left), _shape(right))
    if operator in COMPARISONS:
        return Tensor("bool", shape)
    assert isinstance(other, Tensor | Scalar)
    dtype = common_dtype(tensor, other)
    return _quotient(tensor, other, dtype, shape) if operator == "/" else Tensor(dtype, shape)


def _unlike(operator: str, left: Fact, right: Fact) -> Fact:
    """A tensor beside something that is no number."""
    if operator in ("==", "!=") or (operator == "*" and STRING in (left, right)):
        return None
    raise _refused(operator, left, right)


def _quotient(tensor: Tensor, other: Tensor | Scalar, dtype: str | None, shape: Shape) -> Fact:
    """``/`` makes floats of whole numbers, but a whole number of two that have no axes."""
    if dtype in FLOATS:
        return Tensor(dtype, shape)
    if not shape:
        return None
    return Tensor("float32" if dtype is not None else None, shape)


def _shape(fact: Fact) -> Shape:
    return fact.shape if isinstance(fact, Tensor) else ()


def _plain(operator: str, left: Fact, right: Fact) -> Fact:
    """Numbers, texts and lists."""
    match left, right:
        case Scalar(base=a), Scalar(base=b) if a in NUMBERS and b in NUMBERS:
            return _number(operator, left, right)
        case Scalar("string"), Scalar("string") if operator == "+":
            return STRING
        case (List(), List()) if operator == "+":
            return List()
        case (List(), List()) if operator in COMPARISONS:
            return None
        case _ if operator in ("==", "!="):
            return BOOL
        case (Scalar("string") | List() as repeated, Scalar("int" | "bool")) if operator == "*":
            return List() if isinstance(repeated, List) else STRING
        case (Scalar("int" | "bool"), Scalar("string") | List() as repeated) if operator == "*":
            return List() if isinstance(repeated, List) else STRING
        case Scalar("string"), Scalar("string") if operator in COMPARISONS and operator != "≈":
            return BOOL
    raise _refused(operator, left, right)


def _refused(operator: str, left: Fact, right: Fact) -> ImpossibleError:
    sequences = [isinstance(side, List) or side == STRING for side in (left, right)]
    if operator == "*" and sum(sequences) == 1:
        times = with_article(str(right if sequences[0] else left))
        return wrong_type(f"`*` repeats a text or a list a whole number of times, not by {times}")
    text = STRING in (left, right) and operator == "+"
    help = "Turn a value into text with str(…)." if text else None
    message = f"`{operator}` does not take {with_article(str(left))} and {with_article(str(right))}"
    return wrong_type(message, help)


def _number(operator: str, left: Scalar, right: Scalar) -> Fact:
    if operator in COMPARISONS:
        return BOOL if left.exact and right.exact else None
    if "float" in (left.base, right.base):
        exact = left.exact and right.exact
        return Scalar("float", exact=exact) if exact or operator not in ("/", "**") else None
    if operator == "**":
        return INT if isinstance(right.value, int) and right.value >= 0 else None
    if operator in _WHOLE and isinstance(left.value, int) and isinstance(right.value, int):
        value = _WHOLE[operator](left.value, right.value)
        return Scalar("int", value if abs(value) < LARGEST else None)
    return INT


def matmul(left: Fact, right: Fact) -> Fact:
    """The matrix product."""
    if left is None or right is None or isinstance(left, List) or isinstance(right, List):
        return None
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        raise _refused("@", left, right)
    dtype = promote(left.dtype, right.dtype) if left.dtype and right.dtype else None
    if left.shape is None or right.shape is None:
        return Tensor(dtype)
    return Tensor(dtype, _product(left.shape, right.shape))


def _product(left: tuple[int | str | None, ...], right: tuple[int | str | None, ...]) -> Shape:
    if not left or not right:
        raise ImpossibleError("a matrix product needs axes on both sides", help="Use * to multiply by a number.")
    inner, other = left[-1], right[-2] if len(right) > 1 else right[-1]
    if isinstance(inner, int) and isinstance(other, int) and inner != other:
        message = f"the shapes do not fit in a matrix product: {shown(left)} and {shown(right)}"
        help = f"The last axis on the left, {inner}, must be as long as the one before the last on the right, {other}."
        raise ImpossibleError(message, help=help if len(right) > 1 else None)
    batch = broadcast(left[:-2], right[:-2])
    return (*(batch or ()), *left[-2:-1], *(right[-1:] if len(right) > 1 else ()))


def _outer(left: Fact, right: Fact) -> Fact:
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        return binary("*", left, right)
    shape = None if left.shape is None or right.shape is None else left.shape + right.shape
    return Tensor(left.dtype if left.dtype == right.dtype else None, shape)


def in_place_of_ints(dtype: str | None) -> str | None:
    """The type of a function's result that is never a whole number."""
    return "float32" if dtype in (*INTEGERS, "bool") else dtype
