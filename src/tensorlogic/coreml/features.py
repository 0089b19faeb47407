"""Inputs and outputs as the model file describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.images import ImageType
from tensorlogic.coreml.shapes import Range, Shapes, Sizes
from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.specification import feature_classes

_ARRAY_DTYPES = {
    "FLOAT32": "float32",
    "DOUBLE": "float64",
    "FLOAT16": "float16",
    "INT32": "int32",
    "INT8": "int8",
}


@dataclass(frozen=True, slots=True)
class ScalarType:
    """One number or text."""

    python: type[int] | type[float] | type[str]

    kind = "scalar"
    __tl_members__ = frozenset[str]()

    def __str__(self) -> str:
        return {int: "int64", float: "double", str: "string"}[self.python]

    def encode(self, value: Any, name: str) -> Any:
        """`value`, which must be a number or a text as declared."""
        try:
            plain = value.item() if hasattr(value, "item") else value
            if isinstance(plain, str) == (self.python is str):
                return self.python(plain)
        except (TypeError, ValueError):
            pass
        raise UsageError(codes.WRONG_DTYPE, f"the input {name!r} must be one {self}, not {value!r}")

    def decode(self, value: Any) -> Any:
        """An engine's result as plain Python."""
        return self.python(value.item() if hasattr(value, "item") else value)

    def filled(self) -> None:
        """Scalars have no default value."""


@dataclass(frozen=True, slots=True)
class DictionaryType:
    """Numbers by label."""

    key: type[int] | type[str]

    kind = "dictionary"
    __tl_members__ = frozenset[str]()

    def __str__(self) -> str:
        return f"dictionary of {'int64' if self.key is int else 'string'} to double"

    def encode(self, value: Any, name: str) -> dict[Any, float]:
        """`value` with its keys and numbers as declared."""
        if not isinstance(value, Mapping):
            raise UsageError(codes.WRONG_DTYPE, f"the input {name!r} must be a dictionary, not {value!r}")
        return {self.key(k): float(v) for k, v in value.items()}

    def decode(self, value: Mapping[Any, Any]) -> dict[Any, float]:
        """An engine's result as plain Python."""
        return {self.key(k): float(v) for k, v in value.items()}

    def filled(self) -> None:
        """Dictionaries have no default value."""


@dataclass(frozen=True, slots=True)
class OtherType:
    """A type that ML Programs do not take."""

    name: str

    kind = "other"
    __tl_members__ = frozenset[str]()

    def __str__(self) -> str:
        return self.name

    def encode(self, value: Any, name: str) -> Any:
        """Refuse."""
        raise UsageError(codes.WRONG_DTYPE, f"inputs of type {self.name} are not supported ({name!r})")

    def decode(self, value: Any) -> Any:
        """The engine's result as it is."""
        return value

    def filled(self) -> None:
        """No default value."""


FeatureType = ArrayType | ImageType | ScalarType | DictionaryType | OtherType


@dataclass(frozen=True, slots=True)
class Feature:
    """A named input or output. `str(feature.type)` tells type, shape and range in one line."""

    name: str
    type: FeatureType
    description: str = ""
    optional: bool = False

    __tl_members__ = frozenset(
        {"name", "kind", "type", "shape", "dtype", "ranges", "choices", "description", "optional"}
    )

    @property
    def kind(self) -> str:
        """multi-array, image, scalar or dictionary."""
        return self.type.kind

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The default shape; height and width for an image; None where there is none."""
        return self.type.shapes.default if isinstance(self.type, ArrayType | ImageType) else None

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The least and the largest size of each axis (None: no limit), where the file gives ranges."""
        return self.type.shapes.ranges if isinstance(self.type, ArrayType | ImageType) else ()

    @property
    def choices(self) -> tuple[Sizes, ...]:
        """The shapes to choose from, where the file enumerates them."""
        return self.type.shapes.enumerated if isinstance(self.type, ArrayType | ImageType) else ()

    @property
    def dtype(self) -> str | None:
        """The element type of a multi-array."""
        return self.type.dtype if isinstance(self.type, ArrayType) else None

    def __str__(self) -> str:
        return f"{self.name}: {self.type}{' (optional)' if self.optional else ''}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        shape = self.shape
        return {
            "name": self.name,
            "kind": self.kind,
            "type": str(self.type),
            "shape": None if shape is None else list(shape),
            "dtype": self.dtype,
            "ranges": [list(r) for r in self.ranges],
            "choices": [list(c) for c in self.choices],
            "description": self.description,
            "optional": self.optional,
        }


def read_feature(message: Any) -> Feature:
    """The feature in a `FeatureDescription` message. Raises `ValueError` where its type makes no sense."""
    return Feature(message.name, _read_type(message.type), message.shortDescription, message.type.isOptional)


def _read_type(message: Any) -> FeatureType:
    kind = message.WhichOneof("Type")
    read = _READERS.get(kind)
    return OtherType(str(kind)) if read is None else read(getattr(message, kind))


def _array_type(message: Any) -> ArrayType:
    declared = feature_classes().ArrayFeatureType.ArrayDataType.Name(message.dataType)
    if declared not in _ARRAY_DTYPES:
        raise ValueError(f"multi-array of {declared}")
    default = message.WhichOneof("defaultOptionalValue")
    shapes = Shapes(
        tuple(message.shape),
        tuple(tuple(each.shape) for each in message.enumeratedShapes.shapes),
        tuple(map(_range, message.shapeRange.sizeRanges)),
    )
    return ArrayType(_ARRAY_DTYPES[declared], shapes, None if default is None else getattr(message, default))


def _image_type(message: Any) -> ImageType:
    layout = feature_classes().ImageFeatureType.ColorSpace.Name(message.colorSpace)
    flexible = message.imageSizeRange
    ranges = tuple(_range(r) for r in (flexible.heightRange, flexible.widthRange))
    shapes = Shapes(
        (message.height, message.width),
        tuple((each.height, each.width) for each in message.enumeratedSizes.sizes),
        ranges if message.WhichOneof("SizeFlexibility") == "imageSizeRange" else (),
    )
    return ImageType(layout, shapes)


def _range(message: Any) -> Range:
    """Without a limit, the upper bound is negative."""
    return message.lowerBound, None if message.upperBound < 0 else message.upperBound


def _dictionary_type(message: Any) -> DictionaryType:
    return DictionaryType(int if message.WhichOneof("KeyType") == "int64KeyType" else str)


_READERS: dict[str | None, Callable[[Any], FeatureType]] = {
    "multiArrayType": _array_type,
    "imageType": _image_type,
    "dictionaryType": _dictionary_type,
    "int64Type": lambda message: ScalarType(int),
    "doubleType": lambda message: ScalarType(float),
    "stringType": lambda message: ScalarType(str),
    "stateType": lambda message: _array_type(message.arrayType),
}
