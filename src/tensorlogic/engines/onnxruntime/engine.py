"""What the ONNX Runtime engine can run, and on what.

ONNX Runtime itself is imported only to run something.
"""

from __future__ import annotations

from tensorlogic.engines.protocol import Content, Missing, Session
from tensorlogic.engines.undeclared import undeclared
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
        """What is not declared. What ONNX cannot express of the rest shows when the program is lowered."""
        return undeclared(program, function)

    def prepare(
        self, program: Program, function: str, device: str, precision: str, content: Content | None = None
    ) -> Session:
        """Lower the function to ONNX and open a session with it."""
        from tensorlogic.engines.onnxruntime.preparing import session

        return session(program, function, precision, content)
