"""What kind of value something is, in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping

from tensorlogic.lang.types import with_article
from tensorlogic.runtime.lazy import is_packed, is_tensor

__all__ = ["NAMES", "dtype_name", "kind", "with_article"]

NAMES: dict[str, str] = {
    "str": "string",
    "NoneType": "void",
    "Tensor": "tensor",
    "range": "list",
    "Sizes": "list",
    "Elements": "list",
    "tuple": "list",
    "dict": "record",
    "Image": "image",
    "PackedTensor": "packed tensor",
}
"""Python's names of types that are called otherwise here."""


def kind(value: object) -> str:
    """The kind of a value: ``int``, ``string``, ``float32[2, 3]``."""
    if is_tensor(value):
        return f"{dtype_name(value.dtype)}{list(value.shape)}"
    if is_packed(value):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, Mapping):
        return "record"
    name = type(value).__name__
    return NAMES.get(name, name)


def dtype_name(dtype: object) -> str:
    """The name of a tensor's element type: ``float32``."""
    return str(dtype).removeprefix("torch.")
