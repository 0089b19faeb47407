"""A small package of two functions with common weights and a common state, as coremltools writes it, and its damages.

``add`` adds x · Wᵀ to the state ``total`` and gives the sum; ``twice`` gives 2 (x · Wᵀ) + total, for two rows of x.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tensorlogic.errors import codes
from tests.malformed.packages import Damage, edit_model

SIZE = 8
WEIGHT = np.random.default_rng(3).integers(-2, 3, (SIZE, SIZE)).astype(np.float16)


def write(path: Path) -> None:
    """Build the functions with coremltools' builder, and save them as one model."""
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)
        from coremltools.converters.mil.mil import types

        def inputs(rows: int):
            x = mb.TensorSpec((rows, SIZE), dtype=types.fp16)
            return [x, mb.StateTensorSpec((1, SIZE), dtype=types.fp16)]

        @mb.program(input_specs=inputs(1), opset_version=ct.target.iOS18)
        def add(x, total):
            product = mb.linear(x=x, weight=WEIGHT)
            more = mb.add(x=mb.read_state(input=total), y=product)
            return mb.identity(x=mb.coreml_update_state(state=total, value=more), name="sum")

        @mb.program(input_specs=inputs(2), opset_version=ct.target.iOS18)
        def twice(x, total):
            product = mb.linear(x=x, weight=WEIGHT)
            return mb.add(x=mb.mul(x=product, y=np.float16(2)), y=mb.read_state(input=total), name="sum")

        both = ct.utils.MultiFunctionDescriptor()
        for program in (add, twice):
            name = "add" if program is add else "twice"
            single = str(Path(folder) / f"{name}.mlpackage")
            ct.convert(program, minimum_deployment_target=ct.target.iOS18, skip_model_load=True).save(single)
            both.add_function(single, "main", name)
        both.default_function_name = "add"
        ct.utils.save_multifunction(both, str(path))


def _state_type(model: Any) -> Any:
    return model.mlProgram.functions["add"].inputs[1].type.stateType.wrappedType


def _read_the_input(model: Any) -> None:
    body = model.mlProgram.functions["add"].block_specializations["CoreML8"]
    read = next(operation for operation in body.operations if operation.type == "read_state")
    read.inputs["input"].arguments[0].name = "x"


def _give_the_state(model: Any) -> None:
    body = model.mlProgram.functions["add"].block_specializations["CoreML8"]
    body.outputs.append("total")


DAMAGES = (
    Damage(
        "state of no type",
        edit_model(lambda m: _state_type(m).Clear()),
        codes.BAD_PROGRAM,
        "a value has no type",
    ),
    Damage(
        "state of a list",
        edit_model(lambda m: _state_type(m).listType.type.tensorType.SetInParent()),
        codes.BAD_PROGRAM,
        "unknown element type",
    ),
    Damage(
        "state of unknown size",
        edit_model(lambda m: _state_type(m).tensorType.dimensions[0].unknown.SetInParent()),
        codes.BAD_PROGRAM,
        "tensors of known size",
    ),
    Damage(
        "state beyond memory",
        edit_model(
            lambda m: (
                setattr(_state_type(m).tensorType.dimensions[0].constant, "size", 1 << 50),
                m.description.functions[0].state[0].type.stateType.arrayType.shape.__setitem__(0, 1 << 50),
            )
        ),
        codes.TOO_LARGE,
        "memory",
    ),
    Damage(
        "state that the program lacks",
        edit_model(lambda m: setattr(m.description.functions[0].state[0], "name", "nobody")),
        codes.BAD_PROGRAM,
        "differ in states: nobody, total",
    ),
    Damage(
        "state that is not described",
        edit_model(lambda m: m.description.functions[0].ClearField("state")),
        codes.BAD_PROGRAM,
        "differ in states: total",
    ),
    Damage(
        "state described as an input",
        edit_model(lambda m: m.description.functions[0].input.extend(m.description.functions[0].state)),
        codes.BAD_PROGRAM,
        "differ in inputs: total",
    ),
    Damage(
        "state of another shape",
        edit_model(lambda m: m.description.functions[0].state[0].type.stateType.arrayType.shape.append(2)),
        codes.BAD_PROGRAM,
        "is state<tensor<fp16, [1, 8]>>, but its description says float16[1, 8, 2]",
    ),
    Damage(
        "state of another type",
        edit_model(lambda m: m.description.functions[0].state[0].type.int64Type.SetInParent()),
        codes.BAD_PROGRAM,
        "but its description says int64",
    ),
    Damage("input read as a state", edit_model(_read_the_input), codes.BAD_OPERATION, "'input' takes a state"),
    Damage("state as an output", edit_model(_give_the_state), codes.BAD_PROGRAM, "must be read first"),
    Damage(
        "default function that does not exist",
        edit_model(lambda m: setattr(m.description, "defaultFunctionName", "nobody")),
        codes.BAD_PROGRAM,
        "the default function 'nobody' is not described",
    ),
    Damage(
        "no default function",
        edit_model(lambda m: m.description.ClearField("defaultFunctionName")),
        codes.BAD_PROGRAM,
        "the default function 'main' is not described",
    ),
    Damage(
        "function without description",
        edit_model(lambda m: m.description.functions.pop(1)),
        codes.BAD_PROGRAM,
        "the function 'twice' has no description",
    ),
    Damage(
        "function that the program lacks",
        edit_model(lambda m: m.mlProgram.functions.pop("twice")),
        codes.BAD_PROGRAM,
        "the program has no function 'twice'",
    ),
    Damage(
        "function described twice",
        edit_model(lambda m: m.description.functions.append(m.description.functions[1])),
        codes.BAD_PROGRAM,
        "the function 'twice' is described twice",
    ),
)
