"""The names of element types: PyTorch's."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import UsageError, codes, nearest
from tensorlogic.lang.types import ALIASES

DTYPES = (
    *("float64", "float32", "float16", "bfloat16"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
    *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "complex64"),
)
_ALIASES = {**ALIASES, "bf16": "bfloat16"}


def dtype_named(dtype: Any) -> str:
    """The name of a type: ``float32`` for ``torch.float32``, ``numpy.float32`` and ``"f32"``.

    Raises `UsageError` when there is none.
    """
    said = getattr(dtype, "__name__", None) or str(dtype).removeprefix("torch.")
    name = _ALIASES.get(said, said)
    if name not in DTYPES:
        guess = nearest(name, DTYPES)
        help = f"Did you mean {guess}?" if guess else f"There are {', '.join(DTYPES)}."
        raise UsageError(codes.UNSUPPORTED_TYPE, f"there is no data type {said}", help=help)
    return name


def as_numpy(tensor: Any, name: str) -> Any:
    """A PyTorch tensor as a NumPy array over the same memory. Raises `UsageError` where NumPy lacks the type."""
    try:
        return tensor.numpy()
    except TypeError:
        message = f"NumPy has no type for the {dtype_named(tensor.dtype)} tensor {name!r}"
        raise UsageError(codes.WRONG_DTYPE, message, help='Ask for it with framework="torch".') from None
