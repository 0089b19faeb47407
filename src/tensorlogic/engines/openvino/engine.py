"""What the OpenVINO engine can run, and on what.

OpenVINO is an extra, and imported only to run something.
"""

from __future__ import annotations

from importlib.util import find_spec

from tensorlogic.engines.machine import has_bfloat16
from tensorlogic.engines.protocol import Content, Missing, Session
from tensorlogic.engines.undeclared import undeclared
from tensorlogic.errors import UsageError, codes
from tensorlogic.mil.program import Program


class OpenVinoEngine:
    """Runs programs as ONNX models."""

    name = "openvino"

    def devices(self) -> tuple[str, ...]:
        """The CPU, where OpenVINO is installed."""
        return ("cpu",) if find_spec("openvino") else ()

    def precisions(self, device: str) -> tuple[str, ...]:
        """Float32, and where the processor has it bfloat16: values that are sensitive to rounding stay in float32."""
        return ("f32", "bf16") if has_bfloat16() else ("f32",)

    def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
        """What is not declared. What OpenVINO cannot do of the rest shows when it reads the model."""
        return undeclared(program, function)

    def prepare(
        self, program: Program, function: str, device: str, precision: str, content: Content | None = None
    ) -> Session:
        """Lower the function to ONNX and compile it."""
        if not find_spec("openvino"):
            raise UsageError(
                codes.MISSING_PACKAGE,
                "the engine 'openvino' needs OpenVINO, which is not installed",
                help="pip install 'tensorlogic-lang[openvino]'",
            )
        from tensorlogic.engines.openvino.preparing import session

        return session(program, function, precision, content)
