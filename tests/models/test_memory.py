"""A compressed weight never takes more memory than it does once it is expanded, and a tenth of that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.malformed.compressed_package import Expression, palettized, quantized, sparse_palettized, write

SIZE = 8192
EXPANDED = 2 * SIZE * SIZE

# Prints by how many bytes the most memory that the process ever had grew from a small model to a large one.
MEASURE = """
import re, sys
import numpy as np
import tensorlogic as tl

def most():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

def predict(path, size):
    (y,) = tl.load_model(path, device="cpu", precision="f16").predict(np.ones((1, size), np.float16)).values()
    assert np.isfinite(y).all() and y.any()

predict(sys.argv[1], 64)
before = most()
predict(sys.argv[2], int(sys.argv[3]))
print(most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process had")
@pytest.mark.parametrize("build", [palettized, quantized, sparse_palettized])
def test_most_memory(build: Callable[[int], list[Expression]], tmp_path: Path) -> None:
    small, large = tmp_path / "small.mlpackage", tmp_path / "large.mlpackage"
    write(small, 64, build(64))
    stored = write(large, SIZE, build(SIZE))
    command = [sys.executable, "-c", MEASURE, str(small), str(large), str(SIZE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    # Linux counts what is mapped of the file as well, which the system takes back as it likes.
    grown = int(done.stdout) - stored
    print(f"{grown / EXPANDED:.3f} of the expanded weight")
    assert 0.9 * EXPANDED <= grown <= 1.1 * EXPANDED
