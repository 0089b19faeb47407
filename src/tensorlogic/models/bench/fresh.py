"""Starting a model in a process of its own, where nothing is imported, loaded or prepared yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tensorlogic.coreml import ModelFunction
from tensorlogic.engines import Candidate
from tensorlogic.errors import EngineError, codes
from tensorlogic.models.bench.results import Start
from tensorlogic.models.inputs import Array

CACHE = "TENSORLOGIC_CACHE"
"""The environment variable that says where prepared models are kept."""

_CHILD = "import time; started = time.perf_counter(); from tensorlogic.models.bench.child import main; main(started)"


def start(described: ModelFunction, candidate: Candidate, inputs: Mapping[str, Array], cache: Path) -> Start:
    """Load the function and predict once, in a new process that keeps prepared models in the folder `cache`.

    Raises `EngineError` when the process fails, with the last that it said.
    """
    with TemporaryDirectory() as folder:
        arrays = Path(folder) / "inputs.npz"
        np.savez(arrays, *inputs.values())
        options = {**asdict(candidate), "function": described.name}
        request = {"path": str(described.file.path), "options": options, "names": list(inputs), "arrays": str(arrays)}
        done = subprocess.run(
            # Without -P, a file of the current folder would be taken for a module of its name.
            [sys.executable, "-P", "-c", _CHILD],
            input=json.dumps(request),
            env=_environment(cache),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise EngineError(codes.ENGINE_FAILED, f"its own process ended with {_ending(done)}")
    return Start(**json.loads(done.stdout.splitlines()[-1]))


def _environment(cache: Path) -> dict[str, str]:
    """This process's environment, in which modules are found where this process finds them."""
    places = os.pathsep.join(str(Path(place).absolute()) for place in sys.path)
    return {**os.environ, "PYTHONPATH": places, CACHE: str(cache)}


def _ending(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stderr.strip().splitlines()
    return f"{done.returncode}: {said[-1]}" if said else f"{done.returncode}"
