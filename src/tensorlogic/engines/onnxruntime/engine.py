"""What the ONNX Runtime engine can run, and on what.

ONNX Runtime itself is imported only to run something.
"""

from __future__ import annotations

from tensorlogic.engines import Missing, Session
from tensorlogic.errors import EngineError, OperationPlace, TensorLogicError, codes
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Program


class OnnxRuntimeEngine:
    """Runs programs as ONNX models."""

    name = "onnxruntime"

    def devices(self) -> tuple[str, ...]:
        """The CPU alone."""
        return ("cpu",)

    def precisions(self, device: str) -> tuple[str, ...]:
        """Float32: on a CPU, ONNX Runtime has few operations in float16, and none in bfloat16."""
        return ("f32",)

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """The operations that have no equivalent in ONNX."""
        from tensorlogic.lower.onnx import implementation

        entry = program.functions[function]
        found = []
        for operation in entry.body.walk():
            declared = declaration(operation.type, entry.opset)
            if operation.constant is None and (declared is None or implementation(declared) is None):
                place = OperationPlace(program.source, function, operation.type, operation.name)
                found.append(Missing(operation.type, place, f"iOS {entry.opset} programs with it cannot run yet"))
        return tuple(found)

    def prepare(self, program: Program, function: str, device: str, precision: str) -> Session:
        """Lower the function to ONNX and open a session with it."""
        from tensorlogic.engines.onnxruntime.runtime import evaluate, open_session
        from tensorlogic.engines.onnxruntime.session import OnnxRuntimeSession
        from tensorlogic.lower.onnx import lower

        try:
            lowered = lower(program, function, precision, evaluate)
            session = open_session(lowered.model, lowered.weights)
        except TensorLogicError:
            raise
        except Exception as error:
            first = str(error).strip().split("\n")[0]
            raise EngineError(codes.ENGINE_FAILED, f"the model could not be prepared: {first}") from error
        return OnnxRuntimeSession(session, lowered.outputs, lowered.states, lowered.weights)
