"""Inputs to run a model with: those that are given, and made ones for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.coreml import Feature
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.images import ImageType
from tensorlogic.coreml.shapes import Shapes, Sizes
from tensorlogic.errors import UsageError, codes

Array = npt.NDArray[Any]


def make_inputs(features: Sequence[Feature], given: Mapping[str, Any], batch: int | None) -> dict[str, Array]:
    """An array for every input that has no default value, of `batch` rows where that is not None.

    What is not given is random numbers from 0 to 1, zeros for whole numbers, and random pixels. Raises `UsageError`
    when an input does not take `batch` rows, or is neither an array nor an image and not given.
    """
    known = {feature.name: feature for feature in features}
    made = {
        name: _input(feature, given.get(name), batch)
        for name, feature in known.items()
        if name in given or feature.type.filled() is None
    }
    # Names that the model does not have are left for it to refuse.
    return {**{name: value for name, value in given.items() if name not in known}, **made}


def _input(feature: Feature, given: Any, batch: int | None) -> Array:
    kind, name = feature.type, feature.name
    if isinstance(kind, ArrayType):
        array = _random(kind, batch) if given is None else _repeated(kind.encode(given, name), batch)
        return kind.encode(array, name)
    if isinstance(kind, ImageType):
        if batch not in (None, 1):
            raise UsageError(codes.WRONG_SHAPE, f"the input {name!r} is one image")
        return _pixels(kind, given)
    if given is None:
        message = f"no value can be made up for the input {name!r}, a {kind}"
        raise UsageError(codes.MISSING_INPUT, message, help=f"Give one: --input {name}=VALUE.")
    return np.asarray(given)


def _random(kind: ArrayType, batch: int | None) -> Array:
    default = _shape(kind.shapes)
    shape = default if batch is None else (batch, *default[1:])
    if np.dtype(kind.dtype).kind in "iu":
        return np.zeros(shape, kind.dtype)
    return np.random.default_rng(0).random(shape, np.float32).astype(kind.dtype)


def _repeated(array: Array, batch: int | None) -> Array:
    """A single row as often as the batch asks for; any other array as it is."""
    return array if batch is None or len(array) != 1 else np.repeat(array, batch, axis=0)


def _pixels(kind: ImageType, given: Any) -> Array:
    """A picture as an array, which the model takes and a file can hold."""
    if hasattr(given, "convert"):
        return np.asarray(given.convert("L" if kind.layout.startswith("GRAYSCALE") else "RGB"))
    if given is not None:
        return np.asarray(given)
    channels = () if kind.layout.startswith("GRAYSCALE") else (3,)
    return np.random.default_rng(0).integers(0, 256, (*_shape(kind.shapes), *channels), np.uint8)


def _shape(shapes: Shapes) -> Sizes:
    """The shape that the file prefers."""
    return shapes.default or next(iter(shapes.enumerated), tuple(low for low, _ in shapes.ranges))
