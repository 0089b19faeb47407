"""The inputs that a model is run with: those of a file, or made ones."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tensorlogic.coreml import Feature
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.images import ImageType
from tensorlogic.errors import BytePlace, FormatError, UsageError, codes, nearest
from tensorlogic.formats.mapped import not_found
from tensorlogic.models.inputs import Array, make_inputs


class Samples:
    """Inputs by name, sample for sample, as the program takes them.

    An array of an input's own shape is one sample. One more axis in front holds several, and so does the first axis
    where the model takes it to be 1. What the file leaves out is made up, as are all inputs where there is no file:
    random numbers from 0 to 1, zeros for whole numbers, random pixels.
    """

    def __init__(self, features: Sequence[Feature], data: Path | None) -> None:
        self._features = features
        self._given = {} if data is None else _read(data)
        _check_names(self._given, features)
        self.made_up = tuple(f.name for f in features if f.name not in self._given and f.type.filled() is None)
        stacked = {f.name: len(self._given[f.name]) for f in features if self._is_stacked(f)}
        if len(set(stacked.values())) > 1:
            counts = ", ".join(f"{name}: {count}" for name, count in stacked.items())
            raise UsageError(codes.WRONG_SHAPE, f"the inputs are not of equally many samples: {counts}")
        self._stacked = set(stacked)
        self.count = next(iter(stacked.values()), 1)
        if not self.count:
            raise UsageError(codes.WRONG_SHAPE, "the data holds no sample")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for index in range(self.count):
            given = {n: self._sample(n, index) if n in self._stacked else each for n, each in self._given.items()}
            yield self._encoded(make_inputs(self._features, given, None))

    def _encoded(self, made: Mapping[str, Array]) -> dict[str, Any]:
        return {
            f.name: f.type.encode(made[f.name], f.name) if f.name in made else f.type.filled() for f in self._features
        }

    def _is_stacked(self, feature: Feature) -> bool:
        array = self._given.get(feature.name)
        if array is None:
            return False
        if isinstance(feature.type, ImageType):
            return array.ndim == _axes(feature) + 1
        return isinstance(feature.type, ArrayType) and (
            array.ndim == _axes(feature) + 1 or (array.ndim > 0 and self._is_batch(feature.type, array))
        )

    def _is_batch(self, kind: ArrayType, array: Array) -> bool:
        rest = array.shape[1:]
        return not kind.shapes.accepts(array.shape) and len(array) != 1 and kind.shapes.accepts((1, *rest))

    def _sample(self, name: str, index: int) -> Array:
        feature = next(feature for feature in self._features if feature.name == name)
        array: Array = self._given[name][index]
        return array if array.ndim == _axes(feature) else array[None]


def _axes(feature: Feature) -> int:
    """How many axes one sample has."""
    if isinstance(feature.type, ImageType):
        return 2 if feature.type.layout.startswith("GRAYSCALE") else 3
    shapes = feature.type.shapes if isinstance(feature.type, ArrayType) else None
    return 0 if shapes is None else len(shapes.default or shapes.ranges or next(iter(shapes.enumerated), ()))


def _read(path: Path) -> dict[str, Array]:
    if not path.is_file():
        raise not_found(path)
    try:
        with path.open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            if isinstance(stored, np.lib.npyio.NpzFile):
                return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(codes.CORRUPT, f"not a .npz file of arrays: {error}", BytePlace(str(path))) from None
    raise UsageError(codes.WRONG_ARGUMENTS, f"{path.name!r} holds an array without a name", help=_CURE)


_CURE = "Write a .npz file with an array for each input, by its name: numpy.savez(path, NAME=array)."


def _check_names(given: Mapping[str, Any], features: Sequence[Feature]) -> None:
    names = [feature.name for feature in features]
    for name in given:
        if name not in names:
            guess = nearest(name, names)
            help = f"Did you mean {guess!r}?" if guess else f"The model takes {', '.join(names)}. {_CURE}"
            raise UsageError(codes.UNKNOWN_INPUT, f"the model has no input {name!r}", help=help)
