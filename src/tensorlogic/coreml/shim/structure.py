"""A program in the form in which coremltools shows the structure of a model."""

from __future__ import annotations

from typing import Any

from coremltools.models import compute_plan as ct

from tensorlogic.mil import Block, Function, Operand, Operation, Program, Value


def model_structure(program: Program) -> ct.MLModelStructure:
    """The structure of an ML Program."""
    functions = {name: _function(function) for name, function in program.functions.items()}
    return ct.MLModelStructure(neuralnetwork=None, program=ct.MLModelStructureProgram(functions), pipeline=None)


def _function(function: Function) -> ct.MLModelStructureProgramFunction:
    return ct.MLModelStructureProgramFunction(inputs=_named(function.inputs), block=_block(function.body))


def _block(block: Block) -> ct.MLModelStructureProgramBlock:
    return ct.MLModelStructureProgramBlock(
        inputs=_named(block.inputs),
        operations=[_operation(operation) for operation in block.operations],
        output_names=list(block.outputs),
    )


def _operation(operation: Operation) -> ct.MLModelStructureProgramOperation:
    inputs = {name: _argument(operands) for name, operands in operation.inputs.items()}
    return ct.MLModelStructureProgramOperation(
        inputs=inputs,
        operator_name=operation.type,
        outputs=_named(operation.outputs),
        blocks=[_block(block) for block in operation.blocks],
        __proxy__=operation,
    )


def _argument(operands: tuple[Operand, ...]) -> ct.MLModelStructureProgramArgument:
    return ct.MLModelStructureProgramArgument(
        [
            ct.MLModelStructureProgramBinding(
                name=operand if isinstance(operand, str) else None,
                value=None if isinstance(operand, str) else ct.MLModelStructureProgramValue(),
            )
            for operand in operands
        ]
    )


def _named(values: tuple[Value, ...]) -> list[Any]:
    # coremltools' type of a value says nothing of it.
    kind = ct.MLModelStructureProgramValueType()
    return [ct.MLModelStructureProgramNamedValueType(name=value.name, type=kind) for value in values]
