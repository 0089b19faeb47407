"""A process that loads a model, predicts once, and tells when that was done and the most memory that it took.

`python -m benchmarks.start PEER FILE`: it imports nothing that its peer does not need.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

IMAGE = np.random.default_rng(0).random((1, 3, 224, 224), np.float32)


def tensorlogic(file: str) -> None:
    from tensorlogic import load_model

    load_model(file, device="cpu", precision="f32").predict(IMAGE)


def onnxruntime(file: str) -> None:
    from onnxruntime import InferenceSession

    session = InferenceSession(file, providers=["CPUExecutionProvider"])
    session.run(None, {session.get_inputs()[0].name: IMAGE})


STARTS = {"TensorLogic": tensorlogic, "onnxruntime": onnxruntime}


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    STARTS[sys.argv[1]](sys.argv[2])
    print(json.dumps({"done": time.time(), "memory": peak_memory()}))
