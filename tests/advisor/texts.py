"""Compiled models of programs that are written as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tensorlogic.formats import mlmodelc
from tensorlogic.formats.specification import model_classes
from tensorlogic.mil import Literal, TensorType, Value
from tensorlogic.mil.program import BlobReference
from tensorlogic.mil.text import parse
from tensorlogic.mil.types import StateType, Type

FEATURES = {"fp16": 65552, "fp32": 65568, "int32": 131104}
"""The numbers of element types in features."""


def write(path: Path, body: str, inputs: str = "tensor<fp16, [1, 8]> x", output: str = "y", opset: int = 18) -> Path:
    """Write the model of one function ``main``, whose operations are `body`. It has no file of weights."""
    text = f"program(1.3)\n{{\nfunc main<ios{opset}>({inputs}) {{\n{body}\n}} -> ({output});\n}}"
    function = parse(text, "model.mil", _not_stored).functions["main"]
    description = model_classes().ModelDescription()
    for value in function.inputs:
        _describe((description.state if isinstance(value.type, StateType) else description.input).add(), value)
    for name in function.body.outputs:
        _describe(description.output.add(), next(value for value in function.values if value.name == name))
    path.mkdir()
    (path / mlmodelc.PROGRAM).write_text(text, encoding="utf-8")
    mlmodelc.write_data(path, "mlProgram", 9, description)
    return path


def _not_stored(declared: Type, blob: BlobReference) -> Literal:
    return Literal(declared, np.zeros(0), blob)


def _describe(feature: Any, value: Value) -> None:
    feature.name = value.name
    declared = value.type
    array = feature.type.multiArrayType
    if isinstance(declared, StateType):
        declared, array = declared.wrapped, feature.type.stateType.arrayType
    if not isinstance(declared, TensorType):
        feature.type.dictionaryType.stringKeyType.SetInParent()
        return
    array.dataType = FEATURES[declared.dtype.name]
    array.shape.extend(size or 1 for size in declared.shape or (1,))
    for size in declared.shape or ():
        if None in (declared.shape or ()):
            array.shapeRange.sizeRanges.add(lowerBound=size or 1, upperBound=size or -1)
