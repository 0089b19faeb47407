"""The function of a model file that an advice is about."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.shapes import default_shapes
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.errors import UnsupportedError, UsageError, codes
from tensorlogic.formats.description import Metadata
from tensorlogic.formats.folder import folder_size
from tensorlogic.mil.program import Block, Function
from tensorlogic.models.load import detect

PROGRAM: Final = "mlProgram"


@dataclass(frozen=True, eq=False)
class Subject:
    """A function of a model file, as findings look at it."""

    path: str
    metadata: Metadata
    function: Function
    graph: Graph
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    states: tuple[Feature, ...]
    stored: float
    """Bytes of the weights as they are stored."""
    expanded: float
    """Bytes of the weights when every element is fp16."""
    model_type: str = PROGRAM
    """What the file holds. Only of a program is there more to say than that."""


def open_function(path: str | os.PathLike[str], function: str | None = None) -> ModelFunction:
    """The function called `function`, or the default one. Raises the errors of `load_model`."""
    found = detect(Path(path), function)
    if not isinstance(found, ModelFunction):
        raise UsageError(codes.WRONG_ARGUMENTS, f"{found.metadata.name!r} holds weights, and no program")
    return found


def graph_of(found: ModelFunction) -> Graph:
    """The operations of a function; where inputs have several shapes, with the default ones."""
    function = found.file.program.functions[found.name]
    if not any(len(feature.choices) > 1 for feature in found.inputs):
        return Graph(function)
    return Graph(function, is_enumerated=True, shapes=default_shapes(found))


def read_subject(path: str | os.PathLike[str], function: str | None = None) -> Subject:
    """The same with what findings look at besides. Raises the errors of `load_model`.

    A Core ML model of another type than a program is a subject too, of which nothing but its type is known.
    """
    try:
        found = open_function(path, function)
    except UnsupportedError as error:
        if not error.model_type:
            raise
        return _other(Path(path), error.model_type)
    graph = graph_of(found)
    weights = list(found.tensors.values())
    stored, elements = _sum(info.size for info in weights), _sum(info.elements for info in weights)
    features = tuple(found.inputs), tuple(found.outputs), tuple(found.states)
    return Subject(str(path), found.metadata, graph.function, graph, *features, stored, 2 * elements)


def _other(path: Path, model_type: str) -> Subject:
    size = path.stat().st_size if path.is_file() else folder_size(path)
    metadata = Metadata("CoreML", "", path.stem, size, 0)
    empty = Function("main", (), 0, Block((), (), ()))
    return Subject(str(path), metadata, empty, Graph(empty), (), (), (), 0.0, 0.0, model_type)


def _sum(numbers: Iterable[float]) -> float:
    return float(sum(numbers))
