from __future__ import annotations

import pytest

from tensorlogic.lower.torch import implementation
from tensorlogic.mil.ops import Op, declaration, declarations
from tensorlogic.mil.types import FP32

from .tables import every_case

CASES = every_case()


@pytest.fixture(scope="module")
def covered() -> set[Op | None]:
    functions = [each.program(FP32).functions["main"] for each in CASES]
    return {declaration(operation.type, f.opset) for f in functions for operation in f.body.walk()}


@pytest.mark.parametrize("op", declarations(), ids=repr)
def test_every_operation_has_a_case(op: Op, covered: set[Op | None]) -> None:
    assert op in covered


@pytest.mark.parametrize("op", declarations(), ids=repr)
def test_every_operation_is_implemented(op: Op) -> None:
    assert implementation(op) is not None


@pytest.mark.parametrize("op", declarations(), ids=repr)
def test_every_optional_parameter_has_a_case(op: Op) -> None:
    cases = [each for each in CASES if getattr(each, "op", None) == op.name]
    given = {name for each in cases for name in each.arguments}
    optional = {name for name, parameter in op.parameters.items() if not parameter.required}
    assert not cases or optional <= given
