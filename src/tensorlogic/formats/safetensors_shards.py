"""Tensors that are spread over several SafeTensors files, with an index that says which is where."""

from __future__ import annotations

from pathlib import Path

from tensorlogic.errors import BytePlace, FormatError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.json_reader import JsonReader
from tensorlogic.formats.mapped import MappedFile
from tensorlogic.formats.safetensors import SafeTensorsFile

INDEX = ".index.json"
"""How the name of an index ends: ``model.safetensors.index.json``."""
_WHERE = "weight_map"
_LIMIT = 1 << 26


class ShardedFile:
    """The files of an index as if they were one, see `SafeTensorsFile`. Tensors that it does not name are left out.

    Raises `FormatError`, with the byte of the index, for files and tensors that are not there.
    """

    def __init__(self, index: Path) -> None:
        self.path = index
        self.tensors: dict[str, TensorInfo] = {}
        self.metadata: dict[str, str] = {}
        self._files: dict[str, SafeTensorsFile] = {}
        self._where: dict[str, SafeTensorsFile] = {}
        file = MappedFile(index)
        if file.size > _LIMIT:
            raise FormatError(codes.TOO_LARGE, f"the index has {file.size:,} bytes", BytePlace(str(index)))
        self._read(JsonReader(file, 0, file.size, "the index"))
        self.size = file.size + sum(each.size for each in self._files.values())

    def data(self, name: str) -> memoryview:
        """The bytes of the tensor `name`."""
        return self._where[name].data(name)

    def _read(self, reader: JsonReader) -> None:
        for part, _ in reader.members():
            if part != _WHERE:
                reader.value()
                continue
            for name, at in reader.members():
                self._add(name, reader.string(), reader, at)
        reader.end()
        if not self._where:
            reader.fail(f"the index has no {_WHERE!r}, which says where tensors are", 0)

    def _add(self, name: str, shard: str, reader: JsonReader, at: int) -> None:
        """Take the tensor `name` from a file, as the index says at a place."""
        file = self._files.get(shard) or self._open(shard, reader, at)
        if name not in file.tensors:
            reader.fail(f"the tensor {name!r} should be in {shard}, which does not hold it", at)
        self.tensors[name] = file.tensors[name]
        self._where[name] = file

    def _open(self, shard: str, reader: JsonReader, at: int) -> SafeTensorsFile:
        path = self.path.parent / shard
        # Caches of downloads keep the files elsewhere, all in one folder, and link the index and the shards to them.
        folders = (self.path.parent.resolve(), self.path.resolve().parent)
        if "\0" in shard or Path(shard).name != shard or path.resolve().parent not in folders:
            message = f"the index names {shard!r}, which is no file beside it"
            reader.fail(message, at, codes.OUTSIDE_PACKAGE, "Do not trust this model.")
        if not path.is_file():
            message = f"{shard} is missing, which holds tensors of this model"
            reader.fail(message, at, codes.PACKAGE_ITEM_MISSING, "Copy the whole folder, with all files of weights.")
        file = self._files[shard] = SafeTensorsFile(path)
        self.metadata.update(file.metadata)
        return file
