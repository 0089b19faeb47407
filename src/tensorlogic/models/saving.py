"""Tensors written to SafeTensors files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats import safetensors
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.replacing import replacing
from tensorlogic.formats.safetensors_shards import INDEX
from tensorlogic.models.model import Model
from tensorlogic.models.safetensors import CONFIG, SUFFIX, WEIGHTS
from tensorlogic.models.tensors import Tensors, tensors_of

_UNITS = {"": 1, "B": 1} | {
    unit + end: base**power
    for power, unit in enumerate("KMGT", 1)
    for end, base in (("B", 1000), ("IB", 1024))
}  # fmt: skip
_MADE_BY_TORCH = {"format": "pt"}
"""What transformers wants to be told before it reads a file."""


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    max_shard_size: int | str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors to a SafeTensors file, whole or not at all, one tensor in memory at a time.

    `model` is a loaded model, a module of PyTorch, or a dictionary of tensors or arrays, in which dictionaries and
    lists may stand: their names are joined by dots. A `path` without a suffix is a folder as Hugging Face lays it out,
    with the configuration of the model. `max_shard_size`, in bytes or like ``"5GB"``, is what one file holds at most:
    with more, there are several, ``model-00001-of-00002.safetensors``, and an index. `metadata` is texts by name,
    instead of those that a loaded model has.

    Raises `UsageError` for values that are no tensors, types that the format lacks, and where writing fails.
    """
    target, limit = Path(path), _bytes(max_shard_size)
    tensors = tensors_of(model)
    said = (model.metadata_texts() if isinstance(model, Model) else {}) if metadata is None else metadata
    if target.suffix == "" or target.is_dir():
        _save_folder(tensors, target, limit, said, model.metadata.config if isinstance(model, Model) else {})
    elif target.suffix == SUFFIX:
        _save(tensors, target, limit, said)
    else:
        raise UsageError(
            codes.CANNOT_WRITE,
            f"cannot save as {target.name!r}: models are saved as SafeTensors",
            help="Let the name end in .safetensors, or name a folder.",
        )


def _save_folder(
    tensors: Tensors, folder: Path, limit: int | None, metadata: Mapping[str, str], config: Mapping[str, Any]
) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {str(folder)!r}: {error.strerror}") from None
    _save(tensors, folder / WEIGHTS, limit, metadata)
    if config:
        with replacing(folder / CONFIG) as temporary:
            temporary.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _save(tensors: Tensors, target: Path, limit: int | None, metadata: Mapping[str, str]) -> None:
    """Write the file, or the shards and their index. Only when all are written do they take their places."""
    shards = list(_shards(tensors.infos, limit))
    paths = [target] if len(shards) == 1 else [_shard_path(target, n, len(shards)) for n in range(1, len(shards) + 1)]
    index = target.with_name(target.name + INDEX)
    with ExitStack() as places:
        # What is entered first takes its place last: there is no index before its shards.
        if len(shards) > 1:
            where = {name: path.name for shard, path in zip(shards, paths, strict=True) for name in sorted(shard)}
            said = {"metadata": {"total_size": tensors.size}, "weight_map": where}
            places.enter_context(replacing(index)).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        for shard, path in zip(shards, paths, strict=True):
            temporary = places.enter_context(replacing(path))
            safetensors.write(temporary, shard, tensors.data, _MADE_BY_TORCH | dict(metadata))
    _remove_others(target, {*paths, index} if len(shards) > 1 else {target})


def _shards(infos: Mapping[str, TensorInfo], limit: int | None) -> Iterator[dict[str, TensorInfo]]:
    """The tensors in their order, divided so that no shard is larger than the limit unless a tensor alone is."""
    shard: dict[str, TensorInfo] = {}
    size = 0
    for name, info in infos.items():
        if shard and limit is not None and size + info.size > limit:
            yield shard
            shard, size = {}, 0
        shard[name] = info
        size += info.size
    yield shard


def _shard_path(target: Path, number: int, count: int) -> Path:
    return target.with_name(f"{target.stem}-{number:05}-of-{count:05}{SUFFIX}")


def _remove_others(target: Path, written: set[Path]) -> None:
    """Remove the files of the model that was saved here before, which would be taken for parts of this one."""
    shard = re.compile(re.escape(target.stem) + r"-\d{5}-of-\d{5}" + re.escape(SUFFIX))
    before = [path for path in target.parent.iterdir() if shard.fullmatch(path.name)]
    for path in (target, target.with_name(target.name + INDEX), *before):
        if path not in written:
            path.unlink(missing_ok=True)


def _bytes(size: int | str | None) -> int | None:
    """A size as a number of bytes."""
    said = re.fullmatch(r"(\d{1,15}(?:\.\d+)?) *([KMGT]?I?B?)", str(size).upper())
    if size is None:
        return None
    if said is None or said[2] not in _UNITS or (number := int(float(said[1]) * _UNITS[said[2]])) < 1:
        message = f"{size!r} is no size of a file"
        raise UsageError(codes.WRONG_ARGUMENTS, message, help='Write it in bytes, or like "5GB" or "500MiB".')
    return number
