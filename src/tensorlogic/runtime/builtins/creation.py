"""New tensors. A shape is given as numbers, ``zeros(2, 3)``, or as a list, ``zeros([2, 3])``.

`dtype` is the name of the element type: "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32",
"int64", "uint8" or "bool". A tensor that does not fit into memory is an error that says its size. Random numbers
come from one generator, which `seed` sets.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.lang.inference import making, rules
from tensorlogic.runtime.convert import as_dtype, as_int, as_ints, as_number, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.sizes import check_size


def _shape(sizes: tuple[Any, ...], dtype: torch.dtype) -> list[int]:
    """The shape that was given, as numbers or as one list, if it makes sense."""
    shape = as_ints(sizes)
    check_size(shape, dtype)
    return shape


@builtin
@gives(making.created())
def zeros(*shape: Any, dtype: str = "float32") -> torch.Tensor:
    """A tensor of zeros."""
    kind = as_dtype(dtype)
    return torch.zeros(_shape(shape, kind), dtype=kind)


@builtin
@gives(making.created())
def ones(*shape: Any, dtype: str = "float32") -> torch.Tensor:
    """A tensor of ones."""
    kind = as_dtype(dtype)
    return torch.ones(_shape(shape, kind), dtype=kind)


@builtin
@gives(making.created())
def full(shape: Any, value: float, dtype: str = "float32") -> torch.Tensor:
    """A tensor of one shape, given as a list, in which every element is `value`: ``full([2, 3], 0.5)``."""
    kind = as_dtype(dtype)
    return torch.full(_shape((shape,), kind), as_number(value), dtype=kind)


@builtin
@gives(making.copied())
def tensor(value: Any, dtype: str | None = None) -> torch.Tensor:
    """A number, a list or a tensor as a new tensor, a copy; converted if `dtype` says so."""
    given = as_tensor(value)
    return given.to(given.dtype if dtype is None else as_dtype(dtype), copy=True)


@builtin
@gives(making.ranged())
def arange(start: float, stop: float | None = None, step: float = 1, dtype: str | None = None) -> torch.Tensor:
    """A vector of the numbers from `start` up to, but not including, `stop`; ``arange(n)`` counts from 0.

    int64 if all three are ints, else float32, unless `dtype` says otherwise. With a negative step they go down. A
    `stop` on the wrong side of `start` is an error.
    """
    first, last = (0, start) if stop is None else (start, stop)
    first, last, step = as_number(first), as_number(last), as_number(step)
    count = int((last - first) / step) if step else 0
    check_size([max(0, count)], torch.int64)
    return torch.arange(first, last, step, dtype=None if dtype is None else as_dtype(dtype))


@builtin
@gives(making.counted("count"))
def linspace(start: float, stop: float, count: int, dtype: str = "float32") -> torch.Tensor:
    """A vector of `count` numbers from `start` to `stop`, both included, at equal distances."""
    kind = as_dtype(dtype)
    return torch.linspace(as_number(start), as_number(stop), *_shape((count,), kind), dtype=kind)


@builtin
@gives(making.counted("count"))
def logspace(start: float, stop: float, count: int, base: float = 10.0, dtype: str = "float32") -> torch.Tensor:
    """A vector of `count` powers of `base`, from base^start to base^stop, whose exponents are at equal distances."""
    kind = as_dtype(dtype)
    (steps,) = _shape((count,), kind)
    return torch.logspace(as_number(start), as_number(stop), steps, base=as_number(base), dtype=kind)


@builtin
@gives(making.square)
def eye(rows: int, columns: int | None = None, dtype: str = "float32") -> torch.Tensor:
    """The matrix [rows, columns] with ones on its diagonal and zeros elsewhere; square unless told."""
    kind = as_dtype(dtype)
    return torch.eye(*_shape((rows, rows if columns is None else columns), kind), dtype=kind)


@builtin
@gives(making.created())
def rand(*shape: Any, dtype: str = "float32") -> torch.Tensor:
    """Random numbers, evenly distributed from 0 to, but not including, 1. Without a shape a single one."""
    kind = as_dtype(dtype)
    return torch.rand(_shape(shape, kind), generator=CURRENT.get().generator, dtype=kind)


@builtin
@gives(making.created())
def randn(*shape: Any, dtype: str = "float32") -> torch.Tensor:
    """Random numbers, normally distributed with the mean 0 and the deviation 1. Without a shape a single one."""
    kind = as_dtype(dtype)
    return torch.randn(_shape(shape, kind), generator=CURRENT.get().generator, dtype=kind)


@builtin
@gives(making.numbers_drawn)
def randint(low: int, high: int, *shape: Any) -> Any:
    """Random integers from `low` up to, but not including, `high`: an int, or with a shape a tensor of int64."""
    sizes = _shape(shape, torch.int64) if shape else []
    found = torch.randint(as_int(low), as_int(high), sizes, generator=CURRENT.get().generator)
    return found if shape else int(found)


@builtin
@gives(making.counted("count", "int64"))
def randperm(count: int) -> torch.Tensor:
    """The integers from 0 up to, but not including, `count` in random order: int64 [count]."""
    return torch.randperm(*_shape((count,), torch.int64), generator=CURRENT.get().generator)


@builtin
@gives(making.created())
def random_normal(mean: float, deviation: float, *shape: Any, dtype: str = "float32") -> torch.Tensor:
    """Random numbers, normally distributed with a mean and a standard deviation."""
    return randn(*shape, dtype=dtype) * as_number(deviation) + as_number(mean)


@builtin
@gives(rules.like())
def zeros_like(x: Any) -> torch.Tensor:
    """Zeros of the shape and the type of x."""
    return torch.zeros_like(as_tensor(x))


@builtin
@gives(rules.like())
def ones_like(x: Any) -> torch.Tensor:
    """Ones of the shape and the type of x."""
    return torch.ones_like(as_tensor(x))


@builtin
@gives(rules.like())
def full_like(x: Any, value: float) -> torch.Tensor:
    """A tensor of the shape and the type of x in which every element is `value`."""
    return torch.full_like(as_tensor(x), as_number(value))


@builtin
def bernoulli(p: Any) -> torch.Tensor:
    """1 with the probability that the element of p says, from 0 to 1, else 0: of the shape and type of p, of floats."""
    return torch.bernoulli(as_tensor(p), generator=CURRENT.get().generator)


@builtin
def multinomial(weights: Any, count: int, replacement: bool = False) -> torch.Tensor:
    """`count` indices, drawn with probabilities in proportion to `weights` [n], or for each row of [rows, n]: int64.

    None is drawn twice without `replacement`. `sample` draws one.
    """
    given = as_tensor(weights)
    check_size([*given.shape[:-1], as_int(count)], torch.int64)
    return torch.multinomial(given, as_int(count), replacement, generator=CURRENT.get().generator)


def _of_type(name: str, short: str) -> None:
    """``f16::zeros`` and its like: the creation of tensors of one type."""

    def zeros_of(*shape: Any) -> torch.Tensor:
        return zeros(*shape, dtype=name)

    def ones_of(*shape: Any) -> torch.Tensor:
        return ones(*shape, dtype=name)

    def arange_of(start: float, stop: float | None = None, step: float = 1) -> torch.Tensor:
        return arange(start, stop, step, dtype=name)

    def from_array(value: Any) -> torch.Tensor:
        return tensor(value, dtype=name)

    rows = {
        "zeros": (zeros_of, "A tensor of zeros", making.created),
        "ones": (ones_of, "A tensor of ones", making.created),
        "arange": (
            arange_of,
            "The numbers from `start`, or 0, up to, but not including, `stop`",
            making.ranged,
        ),
        "from_array": (from_array, "A list as a tensor", making.copied),
    }
    for what, (function, says, rule) in rows.items():
        function.__name__, function.__doc__ = f"{short}::{what}", f"{says}, of {name}."
        gives(rule(name))(function)
        builtin_named(function.__name__)(function)


for _name, _short in (("float16", "f16"), ("float32", "f32")):
    _of_type(_name, _short)


@builtin
def seed(number: int) -> None:
    """Make the random numbers that follow the same in every run: those of this family, of `dropout` and of sampling."""
    CURRENT.get().seed(as_int(number))
