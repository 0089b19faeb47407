"""The declarations against coremltools' registry: every operation of every opset, and what it takes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tensorlogic.mil.declare import IOS15, IOS16, IOS17, IOS18, Parameter, Role
from tensorlogic.mil.ops import Op, declaration, declarations

UNDECLARED = {
    "const": "a literal, which engines take as it is",
    "_const_symbolic": "for coremltools' own tests: no file has it",
}
UNREGISTERED = {"write_state": "what files have in place of coreml_update_state"}

# The blocks of an operation stand in a file by their order, and what coremltools calls them does not.
BLOCKS = {
    "cond": {"_true_fn": "true_branch", "_false_fn": "false_branch"},
    "while_loop": {"_cond": "condition", "_body": "body"},
}
NOT_IN_FILES = ("_existing_blocks",)

# Documented, but not registered.
DEFAULTS = {"gru": {"reset_after": False}}


@pytest.fixture(scope="module")
def registry() -> Callable[[int], dict[str, Any]]:
    """The classes of coremltools' operations in an opset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools
        from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry

    def registered(opset: int) -> dict[str, Any]:
        target = getattr(coremltools.target, f"iOS{opset}")
        core = {name: versions[target] for name, versions in SSAOpRegistry.core_ops.items() if target in versions}
        dialect = {name: kind for name, kind in SSAOpRegistry.dialect_ops.items() if name.startswith("coreml_")}
        return {**core, **(dialect if opset == IOS18 else {})}

    return registered


@pytest.mark.parametrize("opset", [IOS15, IOS16, IOS17, IOS18])
def test_every_operation_is_declared_as_it_is_registered(opset: int, registry: Callable[[int], Any]) -> None:
    registered = {name: kind for name, kind in registry(opset).items() if name not in UNDECLARED}
    declared = {each.name: declaration(each.name, opset) for each in declarations() if each.name not in UNREGISTERED}
    findings = [f"{name} is not registered" for name, op in declared.items() if op and name not in registered]
    for name, kind in registered.items():
        op = declared.get(name)
        findings += _differences(op, kind) if op else [f"{name} is not declared"]
    assert not findings, "\n".join(sorted(findings))


def _differences(op: Op, registered: Any) -> Iterator[str]:
    named = BLOCKS.get(op.name, {})
    theirs = {named.get(n, n): i for n, i in registered.input_spec.input_types.items() if n not in NOT_IN_FILES}
    defaults = _defaults(registered)
    for name in sorted(theirs.keys() ^ op.parameters.keys()):
        yield f"{op} and its registered class do not both have {name}"
    for name in sorted(theirs.keys() & op.parameters.keys()):
        ours = op.parameters[name]
        if ours.required == theirs[name].optional:
            yield f"{name} of {op} is optional in one place alone"
        if _const_differs(op, ours, theirs[name].const):
            yield f"{name} of {op} is constant in one place alone"
        if theirs[name].optional and not _same(ours.default, defaults.get(name)):
            yield f"{name} of {op} is {ours.default} by default, and registered as {defaults.get(name)}"


def _const_differs(op: Op, ours: Parameter, theirs: bool) -> bool:
    """A tensor may always be computed; and attributes, where constexpr operations have theirs, are never."""
    if op.name.startswith("constexpr_"):
        return False
    return ours.const > theirs if ours.role in (Role.VALUE, Role.BODY) else ours.const != theirs


def _same(ours: Any, theirs: Any) -> bool:
    """Defaults of several numbers follow from the rank of an input, and nothing is declared for them."""
    return ours is None if theirs is None or np.ndim(theirs) else bool(ours == theirs)


def _defaults(registered: Any) -> dict[str, Any]:
    """The defaults of an operation whose required inputs are tensors of rank 4."""
    from coremltools.converters.mil.mil import types

    one = object.__new__(registered)
    tensor = SimpleNamespace(dtype=types.fp32, rank=4, shape=(1, 2, 3, 4), val=None)
    for name, kind in registered.input_spec.input_types.items():
        setattr(one, name, None if kind.optional else tensor)
    return DEFAULTS.get(registered.__name__, {}) | dict(one.default_inputs().items())
