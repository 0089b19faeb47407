"""What no engine of ours can run: operations that are not declared. Each lowering has all that are."""

from __future__ import annotations

from tensorlogic.engines.protocol import Missing
from tensorlogic.errors import OperationPlace
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Program


def undeclared(program: Program, function: str) -> tuple[Missing, ...]:
    """The operations that have no declaration in the function's opset."""
    entry = program.functions[function]
    found = []
    for operation in entry.body.walk():
        if operation.constant is None and declaration(operation.type, entry.opset) is None:
            place = OperationPlace(program.source, function, operation.type, operation.name)
            found.append(Missing(operation.type, place, f"iOS {entry.opset} programs with it cannot run yet"))
    return tuple(found)
