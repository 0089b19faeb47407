"""Where the large constants of an ONNX model are kept: in its file, beside it, or where the package has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.mapped import place_of

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Places = dict[str, tuple[str, int] | None]
"""The file of each constant, as seen from the folder of the model, and the offset in it; None is the model itself."""

_SMALL = 16 << 20
"""Bytes of constants up to which a single file is the handiest."""

_LARGEST = 2_000_000_000
"""Bytes of constants that fit into the model's file, of which protobuf reads 2 GiB at most."""

_PAGE = 4096
"""What offsets are multiples of, so that engines map the constants into memory."""


def choose_places(weights: Arrays, choice: str, target: Path) -> Places:
    """Where the model `target` is to have its constants. Raises `UsageError` where they cannot be there."""
    if choice not in _CHOICES:
        raise UsageError(
            codes.UNKNOWN_OPTION, f"there is no place {choice!r} for weights", help=f"Choose {', '.join(_CHOICES)}."
        )
    return _CHOICES[choice](weights, target)


def data_file(target: Path) -> Path:
    """The file beside a model that holds its constants."""
    return target.with_name(f"{target.name}.data")


def _inside(weights: Arrays, target: Path) -> Places:
    if _size(weights) > _LARGEST:
        message = f"an ONNX file holds 2 GB at most, and the weights take {_size(weights):,} bytes"
        raise UsageError(codes.TOO_LARGE, message, help="Keep them in a file of their own: beside.")
    return dict.fromkeys(weights)


def _beside(weights: Arrays, target: Path) -> Places:
    places: Places = {}
    end = 0
    for name, array in weights.items():
        places[name] = data_file(target).name, end
        end += -(-array.nbytes // _PAGE) * _PAGE
    return places


def _package(weights: Arrays, target: Path) -> Places:
    stored = _stored(weights, target)
    if weights and not stored:
        raise _nothing_stored(weights)
    return {**stored, **_rest(weights, stored, target)}


def _auto(weights: Arrays, target: Path) -> Places:
    if _size(weights) <= _SMALL:
        return _inside(weights, target)
    stored = _stored(weights, target)
    return {**stored, **_rest(weights, stored, target)}


_CHOICES: dict[str, Callable[[Arrays, Path], Places]] = {
    "auto": _auto,
    "inside": _inside,
    "beside": _beside,
    "package": _package,
}


def _rest(weights: Arrays, stored: Places, target: Path) -> Places:
    """Places for what the package does not have."""
    others = {name: array for name, array in weights.items() if name not in stored}
    return (_inside if _size(others) <= _SMALL else _beside)(others, target)


def _stored(weights: Arrays, target: Path) -> Places:
    """What the package has as it is, in a file that an ONNX model may name: one in its folder or below."""
    folder = target.parent.resolve()
    found = {name: place for name, array in weights.items() if (place := place_of(array)) is not None}
    # Readers of ONNX take a second name of a file for an attack.
    usable = {path for path, _ in found.values() if path.is_relative_to(folder) and path.stat().st_nlink == 1}
    return {
        name: (path.relative_to(folder).as_posix(), offset) for name, (path, offset) in found.items() if path in usable
    }


def _nothing_stored(weights: Arrays) -> UsageError:
    files = [place[0] for array in weights.values() if (place := place_of(array)) is not None]
    if not files:
        message = "the package has no weight in the form that ONNX needs: they are compressed, or joined with others"
        return UsageError(codes.CANNOT_WRITE, message, help="Keep them inside or beside the ONNX file.")
    return UsageError(
        codes.CANNOT_WRITE,
        f"the ONNX file cannot name the weights in {str(files[0])!r}: it may only name files below its own folder,"
        " which have no second name",
        help="Write it into the folder that holds the package, or keep the weights inside or beside the ONNX file.",
    )


def _size(weights: Arrays) -> int:
    return sum(array.nbytes for array in weights.values())
