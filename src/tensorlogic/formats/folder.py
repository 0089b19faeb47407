"""What models that are folders have in common: their files stay inside, and some of them are JSON."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.mapped import MappedFile

_JSON_LIMIT = 1 << 20


def inside(root: Path, folder: Path, relative: str, named_by: str) -> Path:
    """`folder / relative`, refused when it leads out of the package, through ``..`` or a link."""
    plain = "\0" not in relative and not PurePosixPath(relative).is_absolute()
    path = (folder / relative).resolve() if plain else folder
    if not plain or not path.is_relative_to(root.resolve()):
        raise FormatError(
            codes.OUTSIDE_PACKAGE,
            f"the path {relative!r} leads outside the package",
            BytePlace(named_by),
            help="A package may only name its own files; do not trust this one.",
        )
    return path


def weights_file(root: Path, model: Path, name: str) -> Path:
    """The file that the program in `model` calls `name`, such as ``@model_path/weights/weight.bin``."""
    path = inside(root, model.parent, name.removeprefix("@model_path/"), str(model))
    if not path.is_file():
        raise FormatError(
            codes.PACKAGE_ITEM_MISSING,
            f"the package has no file {path.relative_to(root.resolve())}, which holds the weights",
            BytePlace(str(root)),
            help="Copy the whole folder, weights included.",
        )
    return path


def folder_size(root: Path) -> int:
    """Bytes of all files in the folder."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def read_json(path: Path, what: str) -> Any:
    """The JSON in a small file; `what` names it in errors."""
    file = MappedFile(path)
    place = BytePlace(str(path))
    if file.size > _JSON_LIMIT:
        raise FormatError(codes.TOO_LARGE, f"{what} has {file.size:,} bytes", place)
    try:
        return json.loads(bytes(file.view(0, file.size, what)))
    except (ValueError, RecursionError) as error:
        raise FormatError(codes.CORRUPT, f"{what} is not JSON: {error}", place) from None
