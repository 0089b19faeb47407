"""Functions as sessions, lowered and compiled once."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tensorlogic.engines.kept import prepared
from tensorlogic.engines.openvino.runtime import compile_model, load_compiled
from tensorlogic.engines.openvino.session import OpenVinoSession
from tensorlogic.engines.protocol import Content
from tensorlogic.lower.signature import Signature
from tensorlogic.mil.program import Program

_COMPILED = "model.blob"
_SIGNATURE = "signature.json"


def session(program: Program, function: str, precision: str, content: Content | None) -> OpenVinoSession:
    """A session for the function. ONNX, the library, is imported only to lower it."""

    def make(folder: Path | None) -> OpenVinoSession:
        from tensorlogic.engines.onnxruntime.runtime import evaluate
        from tensorlogic.lower.onnx import lower

        lowered = lower(program, function, "f32", evaluate)
        compiled = compile_model(lowered.model, lowered.weights, precision)
        if folder is not None:
            (folder / _COMPILED).write_bytes(compiled.export_model().getbuffer())
            (folder / _SIGNATURE).write_text(lowered.signature.to_json(), encoding="utf-8")
        return OpenVinoSession(compiled, lowered.signature)

    def load(folder: Path) -> OpenVinoSession:
        signature = Signature.from_json((folder / _SIGNATURE).read_text(encoding="utf-8"))
        return OpenVinoSession(load_compiled(folder / _COMPILED, precision), signature)

    about = {"what": "compiled model", "of": program.source, "function": function, "engine": "openvino"}
    return prepared(content, ("openvino", version("openvino"), function, precision), about, make, load)
