"""Functions as sessions, lowered and optimised once."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tensorlogic.engines.kept import prepared
from tensorlogic.engines.onnxruntime.runtime import evaluate, open_kept, open_lowered
from tensorlogic.engines.onnxruntime.session import OnnxRuntimeSession
from tensorlogic.engines.protocol import Content
from tensorlogic.lower.signature import Signature
from tensorlogic.mil.program import Program

_WORTH_KEEPING = 1 << 20
"""The bytes of weights from which on finding an optimised model is faster than making one."""

_SIGNATURE = "signature.json"


def session(program: Program, function: str, precision: str, content: Content | None) -> OnnxRuntimeSession:
    """A session for the function. ONNX, the library, is imported only to lower it."""

    def make(folder: Path | None) -> OnnxRuntimeSession:
        from tensorlogic.lower.onnx import lower

        lowered = lower(program, function, precision, evaluate)
        size = sum(array.nbytes for array in lowered.weights.values())
        kept = folder if size >= _WORTH_KEEPING else None
        opened = open_lowered(lowered, kept)
        if kept is not None:
            (kept / _SIGNATURE).write_text(lowered.signature.to_json(), encoding="utf-8")
        return OnnxRuntimeSession(opened, lowered.signature, lowered.weights)

    def load(folder: Path) -> OnnxRuntimeSession:
        signature = Signature.from_json((folder / _SIGNATURE).read_text(encoding="utf-8"))
        return OnnxRuntimeSession(open_kept(folder), signature)

    about = {"what": "optimised model", "of": program.source, "function": function, "engine": "onnxruntime"}
    parts = ("onnxruntime", version("onnxruntime"), function, precision)
    return prepared(content, parts, about, make, load)
