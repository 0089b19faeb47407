"""Time ResNet-50 on one picture: TensorLogic, PyTorch and ONNX Runtime, in float32 on this machine's CPU.

All of them get the same picture (uint8, height x width x 3) and give the logits as a NumPy array, with the
same number of threads. They take turns, in an order that changes every round, so that whatever else the
machine does meanwhile falls on all of them alike. "to PyTorch" is the median of the rounds' own ratios: below
1 is faster.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import platform
import random
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))

import convert_resnet50 as example  # noqa: E402
import torch  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Column, Table  # noqa: E402
from torch import nn  # noqa: E402

from tensorlogic import load_model  # noqa: E402

MODEL = ROOT / "models" / "resnet50.mlpackage"
PAUSE = 0.02  # seconds between two measurements: threads of the one before may still be spinning

Run = Callable[[np.ndarray], np.ndarray]


class FromPicture(nn.Module):
    """ResNet-50 with what the Core ML package does to a picture first."""

    def __init__(self) -> None:
        super().__init__()
        self.network = example.resnet50()
        self.register_buffer("bias", torch.tensor(example.BIAS).reshape(3, 1, 1))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Logits of a uint8 picture [height, width, 3]."""
        pixels = picture.permute(2, 0, 1).float().contiguous()
        return self.network((pixels * example.SCALE + self.bias)[None])[0]  # the first of a tuple: [1, 1000]


def tensorlogic() -> Run:
    if not MODEL.exists():
        subprocess.run([sys.executable, ROOT / "examples/convert_resnet50.py", "--output", MODEL], check=True)
    model = load_model(MODEL, device="cpu", precision="f32")
    return lambda picture: model.predict(picture)["logits"]


def pytorch(network: nn.Module) -> Run:
    def run(picture: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(picture)).numpy()

    return run


def onnx_runtime(network: nn.Module, picture: np.ndarray, threads: int) -> Run:
    import onnxruntime

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a newer exporter exists; it needs one more package
        torch.onnx.export(
            network,
            (torch.from_numpy(picture),),
            file,
            dynamo=False,
            input_names=["picture"],
            output_names=["y"],
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    return lambda picture: session.run(["y"], {"picture": picture})[0]


def contenders(picture: np.ndarray, threads: int) -> dict[str, Run]:
    network = FromPicture().eval()
    found = {f"PyTorch {version('torch')}, eager": pytorch(network)}
    found[f"TensorLogic {version('tensorlogic-lang')}"] = tensorlogic()
    if all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnx")):
        found[f"ONNX Runtime {version('onnxruntime')}"] = onnx_runtime(network, picture, threads)
    return found


def measure(runs: dict[str, Run], picture: np.ndarray, rounds: int, warmup: int) -> dict[str, list[float]]:
    """Seconds of every run, round by round."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    shuffle = random.Random(0).shuffle
    for round_ in range(warmup + rounds):
        shuffle(order)
        for name in order:
            time.sleep(PAUSE)
            start = time.perf_counter()
            runs[name](picture)
            if round_ >= warmup:
                times[name].append(time.perf_counter() - start)
    return times


def table(runs: dict[str, Run], times: dict[str, list[float]], picture: np.ndarray) -> Table:
    baseline = next(iter(runs))
    wanted = runs[baseline](picture)
    result = Table(Column("", no_wrap=True), title="ResNet-50, one picture of 224 x 224, f32")
    for heading in ("median ms", "fastest ms", "to PyTorch", "difference"):
        result.add_column(heading, justify="right", no_wrap=True)
    for name, run in runs.items():
        ratios = [mine / its for mine, its in zip(times[name], times[baseline], strict=True)]
        difference = np.abs(run(picture) - wanted).max() / np.abs(wanted).max()
        result.add_row(
            name,
            f"{statistics.median(times[name]) * 1e3:.1f}",
            f"{min(times[name]) * 1e3:.1f}",
            f"{statistics.median(ratios):.2f} x",
            "" if name == baseline else f"{difference:.1e}",
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--warmup", type=int, default=3, help="rounds that do not count (default: 3)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    picture = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    console = Console()
    with console.status("Preparing ..."):
        runs = contenders(picture, options.threads)
    with console.status("Measuring ..."):
        times = measure(runs, picture, options.rounds, options.warmup)
    console.print(table(runs, times, picture))
    console.print(
        f"{platform.system()} {platform.machine()}, {options.threads} threads, {options.rounds} rounds.\n"
        "Difference: the largest to PyTorch's logits, relative to the largest of these.\n"
        "TensorLogic's comes from the package, which stores the weights in f16."
    )
    if len(runs) < 3:
        console.print("Left out: ONNX Runtime, for which the packages onnxruntime and onnx must be installed.")


if __name__ == "__main__":
    main()
