"""Python's values as values of the language, where they come in from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from typing import Any, Final

from tensorlogic.runtime.kinds import dtype_name
from tensorlogic.runtime.lazy import is_tensor, torch


class Sizes(list[int]):
    """A list of whole numbers that is equal to a tensor of the same numbers, as a program can write one."""

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other.tolist() if is_tensor(other) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other


def adopt(value: Any) -> Any:
    """A value that Python code made: arrays become tensors, tuples lists; what is fine stays as it is."""
    for name in class_names(type(value)):
        if (convert := _CONVERSIONS.get(name)) is not None:
            return convert(value)
    return value


def class_names(cls: type) -> list[str]:
    """The qualified names of a class and its bases, so that no library is imported only to ask for one."""
    return [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__]


def fields(value: Any) -> dict[str, Any]:
    """The public fields of a dataclass."""
    return {f.name: getattr(value, f.name) for f in dataclass_fields(value) if not f.name.startswith("_")}


def adopt_outputs(value: Any) -> Any:
    """What a model gave: a single output is itself, several are a record."""
    if not isinstance(value, Mapping):
        return adopt(value)
    outputs = {str(name): adopt(output) for name, output in value.items()}
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def _from_array(value: Any) -> Any:
    """A numpy array as a tensor; one of texts or objects as a list."""
    return torch.tensor(value) if value.dtype.kind in "biuf" else adopt(value.tolist())


_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "numpy.ndarray": _from_array,
    "numpy.generic": lambda value: value.item(),
    "torch.Size": Sizes,
    "torch.dtype": dtype_name,
    "torch.device": str,
    "builtins.tuple": lambda value: Sizes(adopt(item) for item in value),
    "builtins.set": sorted,
    "builtins.frozenset": sorted,
    "enum.Enum": lambda value: adopt(value.value),
    "pathlib.PurePath": str,
}
