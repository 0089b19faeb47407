"""Multi-array features: values in, arrays out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.coreml.shapes import Shapes
from tensorlogic.errors import UsageError, codes

_MOST_FILLED = 1 << 32
"""So many elements a default value may fill."""


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An n-dimensional array of numbers."""

    dtype: str
    """As NumPy names it: float16, float32, float64, int32, int8."""
    shapes: Shapes
    default: float | None = None
    """What an optional input is filled with when it is not given.

    Raises `ValueError` for one that the element type does not hold.
    """

    kind = "multi-array"
    __tl_members__ = frozenset[str]()

    def __post_init__(self) -> None:
        if self.default is None:
            return
        if not _holds(np.dtype(self.dtype), self.default) or math.prod(self.shapes.default) > _MOST_FILLED:
            raise ValueError(f"{self} with the default value {self.default}")

    def __str__(self) -> str:
        return f"{self.dtype}{self.shapes if self.shapes.known else ''}"

    def encode(self, value: Any, name: str, role: str = "input") -> npt.NDArray[Any]:
        """`value` (an array, tensor, number or nested list) as an array that the feature accepts."""
        if self._is_ready(value) and self.shapes.accepts(value.shape):
            return value  # type: ignore[no-any-return]
        what = f"{role} {name!r}"
        array = np.atleast_1d(self._typed(_as_array(value, what), what))
        self._check_shape(array, what)
        return array

    def fitting(self, tensor: Any, name: str) -> Any:
        """A PyTorch tensor that the feature accepts, where it is; its type need only be of the same kind."""
        what = f"input {name!r}"
        self._check_shape(tensor, what)
        given, wanted = str(tensor.dtype).removeprefix("torch."), np.dtype(self.dtype)
        self._check_kind(np.dtype("float32" if given == "bfloat16" else given), what)
        if wanted.kind == "i" and not _in_range(tensor, np.iinfo(wanted)):
            raise UsageError(codes.WRONG_DTYPE, f"the {what} has values that do not fit the model's {wanted}")
        return tensor

    def zeros(self) -> npt.NDArray[Any]:
        """An input of zeros, of the default shape."""
        return np.zeros(self.shapes.default, self.dtype)

    def decode(self, value: Any) -> npt.NDArray[Any]:
        """An engine's result in the declared type."""
        if self._is_ready(value):
            return value  # type: ignore[no-any-return]
        array: npt.NDArray[Any] = np.atleast_1d(value).astype(self.dtype, copy=False)
        return array

    def decode_tensor(self, tensor: Any) -> Any:
        """The same for a PyTorch tensor, which stays where it is."""
        import torch

        return (tensor if tensor.dim() else tensor[None]).to(getattr(torch, self.dtype))

    def filled(self) -> npt.NDArray[Any] | None:
        """The input's default value, if the file gives one."""
        return None if self.default is None else np.full(self.shapes.default, self.default, self.dtype)

    def _is_ready(self, value: Any) -> bool:
        """Whether a value is an array of the declared type already, as most are: small models run for microseconds."""
        return type(value) is np.ndarray and value.dtype.name == self.dtype and value.ndim > 0

    def _check_shape(self, given: Any, what: str) -> None:
        if not self.shapes.accepts(tuple(given.shape)):
            raise UsageError(
                codes.WRONG_SHAPE,
                f"the {what} has shape {list(given.shape)}, but the model takes {self.shapes}",
                help=_shape_cure(tuple(given.shape), self.shapes),
            )

    def _check_kind(self, given: np.dtype[Any], what: str) -> None:
        if not np.can_cast(given, np.dtype(self.dtype), "same_kind"):
            raise UsageError(
                codes.WRONG_DTYPE,
                f"the {what} has the data type {given}, but the model takes {self.dtype}",
                help=f"Convert it first: x.astype({self.dtype!r}).",
            )

    def _typed(self, array: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
        wanted = np.dtype(self.dtype)
        if array.dtype == wanted:
            return array
        self._check_kind(array.dtype, what)
        # Overflow of a float to infinity is the caller's, and shows in the result.
        with np.errstate(over="ignore"):
            typed = array.astype(wanted)
        if wanted.kind in "iu" and not np.array_equal(typed, array):
            raise UsageError(codes.WRONG_DTYPE, f"the {what} has values that do not fit the model's {wanted}")
        return typed


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether a number is one of an element type's, but for rounding."""
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return limits.min <= value <= limits.max and float(value).is_integer()


def _as_array(value: Any, what: str) -> npt.NDArray[Any]:
    try:
        array = np.asarray(_on_the_host(value) if hasattr(value, "detach") else value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise UsageError(
            codes.WRONG_DTYPE,
            f"the {what} cannot be read as an array: {error}",
            help="Give a NumPy array, a PyTorch tensor or a list whose rows are equally long.",
        ) from None
    if array.dtype.kind not in "fiub":
        raise UsageError(
            codes.WRONG_DTYPE,
            f"the {what} must be numbers, not {type(value).__name__} of {array.dtype}",
        )
    return array


def _on_the_host(tensor: Any) -> Any:
    """A PyTorch tensor as one that NumPy can read, which bfloat16 is not."""
    plain = tensor.detach().cpu()
    return plain.float() if str(plain.dtype) == "torch.bfloat16" else plain


def _in_range(tensor: Any, limits: np.iinfo[Any]) -> bool:
    low, high = tensor.aminmax() if tensor.numel() else (limits.min, limits.max)
    return limits.min <= int(low) and int(high) <= limits.max


def _shape_cure(given: tuple[int, ...], shapes: Shapes) -> str | None:
    if not shapes.default:
        return None
    if shapes.accepts((1, *given)):
        return "Add the batch axis: x[None]."
    if math.prod(given) == math.prod(shapes.default):
        return f"Reshape it: x.reshape({list(shapes.default)})."
    nearest = shapes.nearest(given)
    if nearest is None:
        return f"It has {len(shapes.default)} axes: for example {list(shapes.default)}."
    return f"The nearest shape that it takes is {list(nearest)}."
