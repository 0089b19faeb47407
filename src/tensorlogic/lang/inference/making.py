"""The rules of what makes tensors."""

from __future__ import annotations

from tensorlogic.lang.inference.facts import Fact, List, Scalar, Size, Tensor, as_sizes
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.inference.promotion import shown
from tensorlogic.lang.inference.rules import Arguments, Rule


def copied(dtype: str | None = None) -> Rule:
    """A value as a new tensor, of a type that may be an option."""

    def rule(given: Arguments) -> Fact:
        value = given.tensor("value")
        return Tensor(dtype or (None if given.gives("dtype") else value.dtype), value.shape)

    return rule


def created(dtype: str | None = None) -> Rule:
    """A tensor of the shape that is given, as numbers or as one list, and of a type that may be an option."""

    def rule(given: Arguments) -> Fact:
        shape = as_sizes((given.values["shape"],) if given.gives("shape") else given.more)
        if any(isinstance(size, int) and size < 0 for size in shape or ()):
            raise ImpossibleError(f"{shown(shape)} is no shape: a size is negative")
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
