"""From a path to a model, by what the file holds rather than by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from tensorlogic.coreml import ModelFile, ModelFunction, open_compiled, open_package, read_function
from tensorlogic.coreml.model_file import unsupported_kind
from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, UsageError, codes
from tensorlogic.formats.mapped import MappedFile, not_found
from tensorlogic.formats.mlmodelc import DATA, PROGRAM
from tensorlogic.formats.mlpackage import MANIFEST
from tensorlogic.formats.safetensors_shards import INDEX
from tensorlogic.formats.specification import read_model
from tensorlogic.models.coreml import CoreMLModel
from tensorlogic.models.generation import Generating
from tensorlogic.models.model import Model
from tensorlogic.models.safetensors import WEIGHTS, SafeTensorsModel, weights_in

if TYPE_CHECKING:
    from tensorlogic.models.gguf import GGUFModel

_SAFETENSORS_HEADER = 9


def load_model(
    path: str | os.PathLike[str],
    device: str = "auto",
    precision: str = "auto",
    engine: str = "auto",
    function: str | None = None,
    tune: bool = False,
    context: int | None = None,
    parallel: int = 1,
    threads: int | None = None,
) -> Model:
    """Load the model at `path`; its format is found from its content.

    `device` is cpu, cuda, mps or auto (the best there is). `precision` is what float16 values of the file are
    computed in: f16 (as declared), f32, bf16 or auto (f32 on a CPU, f16 on a GPU). `engine` names an engine.
    `function` chooses one of several functions; without it, the file chooses. With `tune`, every engine that can run
    the model is measured for a few seconds, once: this machine remembers the fastest one, also for later loads without
    `tune`.

    Of a language model, `context` is the most tokens of prompt and answer together: by default what the model was
    trained for, but at most 8192, since the memory for it is taken when the first text is generated. `parallel` is how
    many texts are generated together, each with that memory; `threads` is how many threads do it. They mean nothing to
    other models.

    Raises `UsageError` for a wrong path or option, `FormatError` or `ProgramError` for a damaged file, and
    `UnsupportedError` for a sound one that cannot be run, naming every operation that is missing.
    """
    found = detect(Path(path), function)
    if isinstance(found, ModelFunction):
        return CoreMLModel(found, device, precision, engine, tune)
    if isinstance(found, Generating):
        found.prepare(context, parallel, threads, device)
    return found


def load_language_model(
    path: str | os.PathLike[str],
    device: str = "auto",
    context: int | None = None,
    parallel: int = 1,
    threads: int | None = None,
) -> GGUFModel:
    """Load the model at `path`, which must be one that generates text. Raises the errors of `load_model`."""
    found = detect(Path(path))
    if not isinstance(found, Generating):
        raise UsageError(
            codes.CANNOT_PREDICT,
            f"{found.metadata.name!r} is a {found.metadata.format} file, and no language model",
            BytePlace(str(path)),
            help="Text is generated from GGUF files (.gguf).",
        )
    found.prepare(context, parallel, threads, device)
    return found


def detect(path: Path, function: str | None = None) -> ModelFunction | SafeTensorsModel | GGUFModel:
    """What the file at `path` is, by its content; of a program, the function called `function` or its default."""
    if not path.exists():
        raise not_found(path)
    weights = _weights(path)
    if weights is None:
        return read_function(_opened(path, open_package if (path / MANIFEST).is_file() else open_compiled), function)
    found = _open_file(weights)
    if function is not None:
        message = f"{path.name!r} holds weights, and no function {function!r}"
        raise UsageError(codes.UNKNOWN_FUNCTION, message, BytePlace(str(path)))
    return found


def _weights(path: Path) -> Path | None:
    """The file of weights that a path leads to; None where it is a folder of Core ML's."""
    if not path.is_dir():
        return path
    if any((path / name).is_file() for name in (MANIFEST, DATA, PROGRAM)):
        return None
    found = weights_in(path)
    if found is None:
        raise _not_a_model(path, f"the folder has neither {MANIFEST} nor {DATA} nor {WEIGHTS}")
    return found


_OPEN: WeakValueDictionary[Hashable, ModelFile] = WeakValueDictionary()
"""The files that models are loaded from, by what shows that a file is still the same."""


def _opened(path: Path, open_new: Callable[[Path], ModelFile]) -> ModelFile:
    """The package at `path`. While a model of it is loaded and no file has changed, it is opened once.

    That is how functions that are loaded one by one come to share their weights.
    """
    status = [(file, file.stat()) for file in sorted(path.rglob("*")) if file.is_file()]
    key = (path, *((file, s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for file, s in status))
    found = _OPEN.get(key)
    if found is None:
        found = _OPEN[key] = open_new(path)
    return found


def _open_file(path: Path) -> SafeTensorsModel | GGUFModel:
    file = MappedFile(path)
    start = bytes(file.view(0, min(file.size, _SAFETENSORS_HEADER), "the file's start"))
    if start[:4] == b"GGUF":
        from tensorlogic.models.gguf import GGUFModel  # its library takes a tenth of a second to import

        return GGUFModel(path)
    if start[8:9] == b"{" or path.name.endswith(INDEX):
        return SafeTensorsModel(path)
    try:
        model = read_model(path)
    except FormatError:
        model = None
    kind = None if model is None else model.WhichOneof("Type")
    if model is None or kind is None:
        raise _not_a_model(path, "it is neither SafeTensors nor a Core ML model")
    if kind == "mlProgram":
        raise UnsupportedError(
            codes.UNSUPPORTED_MODEL,
            "this is the program of a package, without its weights",
            BytePlace(str(path)),
            help="Load the .mlpackage that it is part of.",
        )
    raise unsupported_kind(kind, model.specificationVersion, BytePlace(str(path)))


def _not_a_model(path: Path, reason: str) -> FormatError:
    return FormatError(
        codes.NOT_A_MODEL,
        f"not a model: {reason}",
        BytePlace(str(path)),
        help="TensorLogic loads Core ML models (.mlpackage, .mlmodelc), SafeTensors (.safetensors) and GGUF (.gguf).",
    )
