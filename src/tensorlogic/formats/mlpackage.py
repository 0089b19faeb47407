"""Core ML packages: a folder with a manifest that names its items."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.folder import folder_size, inside, read_json, weights_file

MANIFEST = "Manifest.json"
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
        return weights_file(self.root, self.model, name)

    def size(self) -> int:
        """Bytes of all files of the package."""
        return folder_size(self.root)


def _read_manifest(path: Path) -> dict[str, Any]:
    manifest = read_json(path, "the manifest")
    place = BytePlace(str(path))
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
    path = inside(root, root / _ITEMS_FOLDER, relative, str(root / MANIFEST))
    if not path.exists():
        raise FormatError(
            codes.PACKAGE_ITEM_MISSING,
            f"the manifest names {_ITEMS_FOLDER}/{relative}, but the package does not have it",
            BytePlace(str(root)),
            help="Copy the whole folder; the manifest, the model and the weights belong together.",
        )
    return path
