"""From a file of weights to one of another format or type: SafeTensors and GGUF."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tensorlogic.coreml import ModelFunction
from tensorlogic.errors import BytePlace, UsageError, codes
from tensorlogic.models.conversion.converting import check_place
from tensorlogic.models.load import detect
from tensorlogic.models.model import Model

TYPES = ("F32", "F16", "BF16", "Q8_0", "Q4_0")
"""What weights can be converted to; the quantized ones in GGUF only."""
FORMATS = {".gguf": "GGUF", ".safetensors": "SafeTensors"}


@dataclass(frozen=True, slots=True)
class WeightsConversion:
    """A file of weights that was written."""

    source: Path
    path: Path
    format: str
    tensors: int
    storages: Mapping[str, int]
    """How many tensors are of each type."""
    size: int
    """Bytes of the file."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {**asdict(self), "source": str(self.source), "path": str(self.path)}


def convert_weights(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    type: str | None = None,
    progress: Callable[[str], object] = lambda what: None,
) -> WeightsConversion:
    """Write the tensors and metadata of the weights at `source` to `target`, whole or not at all.

    The name of `target` says the format, ``.gguf`` or ``.safetensors``. `type` is what floats are stored in: F32, F16,
    BF16, and in GGUF Q8_0 or Q4_0; there, vectors are F32 in any case, and matrices that a quantized type does not fit
    are F16. Without it, tensors keep their types, and quantized ones become F32, which loses nothing. Names stay as
    they are. `progress` is told what is done.

    Raises the errors of `load_model`, and `UsageError` for options and files that cannot be.
    """
    path = Path(target)
    model = _weights(Path(source))
    wanted = _check_type(path, type)
    check_place(path, Path(source))
    progress(f"Writing {path}")
    if path.suffix == ".gguf":
        from tensorlogic.models.conversion.to_gguf import write
    else:
        from tensorlogic.models.conversion.to_safetensors import write
    write(model, path, wanted, progress)
    made = detect(path)
    assert isinstance(made, Model)
    kinds = [info.storage for info in made.tensors.values()]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    return WeightsConversion(Path(source), path, FORMATS[path.suffix], len(kinds), counts, path.stat().st_size)


def _weights(source: Path) -> Model:
    found = detect(source)
    if not isinstance(found, ModelFunction):
        return found
    raise UsageError(
        codes.UNSUPPORTED_MODEL,
        f"{source.name!r} is a Core ML model, which becomes an ONNX model",
        BytePlace(str(source)),
        help="Let the name end in .onnx. Its weights alone are written by save_model.",
    )


def _check_type(target: Path, type: str | None) -> str | None:
    if target.suffix not in FORMATS:
        help = f"Let the name end in {' or '.join(FORMATS)}."
        raise UsageError(codes.CANNOT_WRITE, f"cannot write weights as {target.name!r}", help=help)
    wanted = None if type is None else type.upper()
    if wanted is not None and wanted not in TYPES:
        message = f"weights are not converted to the type {type!r}"
        raise UsageError(codes.UNKNOWN_OPTION, message, help=f"Choose {', '.join(TYPES)}.")
    if wanted is not None and wanted.startswith("Q") and target.suffix != ".gguf":
        raise UsageError(codes.UNKNOWN_OPTION, f"SafeTensors has no {wanted}", help="Let the name end in .gguf.")
    return wanted
