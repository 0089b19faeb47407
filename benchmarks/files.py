"""What the measurements need on disk, made once: weights, ONNX files and packages.

`python -m benchmarks.files` makes all of it.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from benchmarks.networks import NETWORKS, Network, network

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "models" / "bench"
COMPUTE = {"f32": "f32", "bf16": "f16", "f16": "f16"}
"""The compute precision of the package for each precision of a prediction: bf16 is a way to run float16 programs."""


@dataclass(frozen=True)
class Files:
    """The files of one network at one batch size. Asking for one makes it."""

    folder: Path
    network: Network
    batch: int

    def onnx(self) -> Path:
        """The network for onnxruntime and OpenVINO."""
        return self._made(
            f"batch{self.batch}.onnx",
            lambda path: self.network.export(self.network, self.module, self.batch, path),
        )

    def package(self, precision: str) -> Path:
        """The network for TensorLogic."""
        compute = COMPUTE[precision]
        return self._made(
            f"batch{self.batch}_{compute}.mlpackage",
            lambda path: self.network.convert(self.network, self.module, self.batch, compute, path),
        )

    def all(self, precisions: Iterable[str]) -> Iterator[Path]:
        """Every file that the measurements read."""
        yield self.onnx()
        yield from map(self.package, precisions)

    @cached_property
    def module(self) -> nn.Module | None:
        """The network for PyTorch, with the weights that it had when it was first asked for."""
        if self.network.build is None:
            return None
        torch.manual_seed(0)
        module = self.network.build()
        weights = self._made("weights.pt", lambda path: torch.save(self.network.train(module).state_dict(), path))
        module.load_state_dict(torch.load(weights, mmap=True, weights_only=True))
        return module.eval()

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        target = self.folder / self.network.name / name
        if not target.exists():
            partial = target.with_name(f"partial_{name}")
            shutil.rmtree(partial, ignore_errors=True)
            partial.unlink(missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            make(partial)
            partial.rename(target)
        return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=[each.name for each in NETWORKS])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--batch", type=int, action="append")
    parser.add_argument("--precision", action="append", choices=COMPUTE)
    options = parser.parse_args()
    for each in map(network, options.networks):
        for batch in options.batch or each.batches:
            files = Files(options.folder, each, batch)
            for path in files.all(options.precision or ("f32", "bf16")):
                print(path, flush=True)


if __name__ == "__main__":
    main()
