"""ONNX models on disk, with their constants where they are to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto

from tensorlogic.formats.replacing import replacing
from tensorlogic.models.conversion.placing import Arrays, Places, data_file


@contextmanager
def unfinished(target: Path, model: ModelProto, weights: Arrays, places: Places) -> Iterator[Path]:
    """The model in a file that becomes `target`, as the one beside it becomes its data, when the block ends well."""
    data = data_file(target)
    beside = any(place is not None and place[0] == data.name for place in places.values())
    with replacing(target) as file, replacing(data) if beside else nullcontext(data) as constants:
        if beside:
            _write_data(constants, weights, places, data.name)
        _attach(model, weights, places, {data.name: constants.name})
        file.write_bytes(model.SerializeToString())
        yield file
        if beside:
            _attach(model, weights, places, {})
            file.write_bytes(model.SerializeToString())
            target.unlink(missing_ok=True)  # a model that was there must not meet the data of this one


def _attach(model: ModelProto, weights: Arrays, places: Places, renamed: Mapping[str, str]) -> None:
    """Have the constants of the model where `places` says, in files that may be called otherwise for now."""
    for constant in model.graph.initializer:
        if constant.name not in places:
            continue
        place, array = places[constant.name], weights[constant.name]
        constant.ClearField("external_data")
        if place is None:
            constant.data_location, constant.raw_data = TensorProto.DEFAULT, array.tobytes()
            continue
        constant.data_location = TensorProto.EXTERNAL
        entries = {"location": renamed.get(place[0], place[0]), "offset": place[1], "length": array.nbytes}
        for key, value in entries.items():
            constant.external_data.add(key=key, value=str(value))


def _write_data(path: Path, weights: Arrays, places: Places, name: str) -> None:
    """Write the constants that belong into the file called `name`."""
    with path.open("wb") as file:
        for key, place in places.items():
            if place is not None and place[0] == name:
                file.seek(place[1])
                file.write(np.ascontiguousarray(weights[key]).data)
