"""ONNX Runtime's sessions, as this project makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime

from tensorlogic.engines.array_state import Array
from tensorlogic.formats.mapped import place_of

if TYPE_CHECKING:  # lowering imports ONNX, which a model from the cache does without
    from onnx import ModelProto

    from tensorlogic.lower.onnx import Lowered

_PROVIDERS = ["CPUExecutionProvider"]
_QUIET = 4  # errors are raised too, and warnings are about graphs that no user has written
_FILE = "model.onnx"
_WEIGHTS = "weights.bin"
_SMALL = 1024
"""The most bytes of a constant that is kept in the model's own file."""

Places = dict[str, tuple[Path, int]]
"""The file of each constant, and where it starts there."""


def evaluate(model: ModelProto, weights: Mapping[str, Array]) -> Sequence[Array]:
    """The outputs of a small model without inputs."""
    options = _options(weights)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=_PROVIDERS)
    results: Sequence[Array] = session.run(None, {})
    return results


def open_lowered(lowered: Lowered, kept: Path | None = None) -> onnxruntime.InferenceSession:
    """A session of a model, whose large constants are not copied; the optimised model is written to `kept`.

    Those that stand in a file are read from there: ONNX Runtime lets go of them once it has optimised what they are
    used in, which it cannot do with arrays.
    """
    folder, places = _in_one_folder(lowered.weights)
    options = _options({name: array for name, array in lowered.weights.items() if name not in places})
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    # A program that computes something else than it declares is refused.
    options.add_session_config_entry("session.strict_shape_type_inference", "1")
    if kept is not None:
        options.optimized_model_filepath = str(kept / _FILE)
        prefix = "session.optimized_model_external_initializers"
        options.add_session_config_entry(f"{prefix}_file_name", _WEIGHTS)
        options.add_session_config_entry(f"{prefix}_min_size_in_bytes", str(_SMALL))
    model = _naming(lowered.model, places)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=_PROVIDERS)


def open_kept(folder: Path) -> onnxruntime.InferenceSession:
    """A session of an optimised model that was written to `folder`; its weights stay in their file."""
    options = _options({})
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(folder / _FILE, options, providers=_PROVIDERS)


def _in_one_folder(weights: Mapping[str, Array]) -> tuple[Path, Places]:
    """The constants that stand in files of one folder, and that folder: ONNX Runtime reads from one alone."""
    found = {name: place for name, array in weights.items() if (place := place_of(array)) is not None}
    # It takes a second name of a file for an attack.
    usable = {path for path, _ in found.values() if path.stat().st_nlink == 1 and not path.is_symlink()}
    folder = next((path.parent for path, _ in found.values() if path in usable), Path())
    return folder, {name: each for name, each in found.items() if each[0] in usable and each[0].parent == folder}


def _naming(model: ModelProto, places: Places) -> ModelProto:
    """The model, with the files of its constants in it."""
    for constant in model.graph.initializer:
        if constant.name in places:
            path, offset = places[constant.name]
            said = {each.key: each for each in constant.external_data}
            said["location"].value, said["offset"].value = path.name, str(offset)
    return model


def _options(weights: Mapping[str, Array]) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    # Threads that go on spinning after a run take cores from whatever the program does between two of them.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return options
