"""Core ML packages: a folder with a manifest that names its items."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.mapped import MappedFile

MANIFEST = "Manifest.json"
_MANIFEST_LIMIT = 1 << 20
_ITEMS_FOLDER = "Data"


@dataclass(frozen=True, slots=True)
class MLPackage:
    """An opened ``.mlpackage``: its folder and the paths of its items, all of them inside the folder."""

    root: Path
    model: Path
    """The serialized model."""
    items: tuple[Path, ...]

    @classmethod
    def open(cls, root: Path) -> MLPackage:
        """Read and check the manifest. Raises `FormatError` when the package is not whole."""
        manifest = _read_manifest(root / MANIFEST)
        entries = manifest["itemInfoEntries"]
        items = {key: _item_path(root, key, entry) for key, entry in entries.items()}
        model = items.get(manifest["rootModelIdentifier"])
        if model is None:
            raise FormatError(
                codes.PACKAGE_ITEM_MISSING,
                "the manifest names no root model among its items",
                BytePlace(str(root / MANIFEST)),
            )
        return cls(root, model, tuple(items.values()))

    def weights(self, name: str) -> Path:
        """The file that a program calls `name`, such as ``@model_path/weights/weight.bin``."""
        relative = name.removeprefix("@model_path/")
        path = _inside(self.root, self.model.parent, relative, str(self.model))
        if not path.is_file():
            raise FormatError(
                codes.PACKAGE_ITEM_MISSING,
                f"the package has no file {path.relative_to(self.root.resolve())}, which holds the weights",
                BytePlace(str(self.root)),
                help="Copy the whole folder, weights included.",
            )
        return path

    def size(self) -> int:
        """Bytes of all files of the package."""
        return sum(p.stat().st_size for p in self.root.rglob("*") if p.is_file())


def _read_manifest(path: Path) -> dict[str, Any]:
    file = MappedFile(path)
    place = BytePlace(str(path))
    if file.size > _MANIFEST_LIMIT:
        raise FormatError(codes.TOO_LARGE, f"the manifest has {file.size:,} bytes", place)
    try:
        manifest = json.loads(bytes(file.view(0, file.size, "the manifest")))
    except (ValueError, RecursionError) as error:
        raise FormatError(codes.CORRUPT, f"the manifest is not JSON: {error}", place) from None
    if not isinstance(manifest, dict):
        raise FormatError(codes.CORRUPT, "the manifest is not a JSON object", place)
    for key, kind in (("itemInfoEntries", dict), ("rootModelIdentifier", str)):
        if not isinstance(manifest.get(key), kind):
            raise FormatError(codes.CORRUPT, f"the manifest has no valid {key!r}", place)
    return manifest


def _item_path(root: Path, key: str, entry: object) -> Path:
    relative = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(relative, str):
        raise FormatError(codes.CORRUPT, f"item {key!r} of the manifest has no path", BytePlace(str(root / MANIFEST)))
    path = _inside(root, root / _ITEMS_FOLDER, relative, str(root / MANIFEST))
    if not path.exists():
        raise FormatError(
            codes.PACKAGE_ITEM_MISSING,
            f"the manifest names {_ITEMS_FOLDER}/{relative}, but the package does not have it",
            BytePlace(str(root)),
            help="Copy the whole folder; the manifest, the model and the weights belong together.",
        )
    return path


def _inside(root: Path, folder: Path, relative: str, named_by: str) -> Path:
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
