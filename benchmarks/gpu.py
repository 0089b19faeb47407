"""Measure ResNet-50 in float16 on a GPU: TensorLogic, PyTorch, and PyTorch in a CUDA graph.

A function of one package for each batch size, which share their weights: `--make` converts it, on any machine that has
coremltools. Measuring needs the package and the GPU.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import sources
from benchmarks.files import FOLDER, ROOT, Files
from benchmarks.measure import measure, milliseconds
from benchmarks.networks import network
from benchmarks.peers import Absent
from benchmarks.report import GPU, as_text, digits, row
from benchmarks.result import OURS
from benchmarks.worker import first_line, largest_difference

BATCHES = (1, 256)
NAME = "resnet50_batches.mlpackage"
ABOUT = """\
<!-- Written by `python -m benchmarks.gpu`; do not edit. -->

# Benchmarks on a GPU

ResNet-50 in float16: the median of a prediction in milliseconds, the images a second of that, the seconds from the
start of loading to the end of the first prediction, and the largest difference to PyTorch in float32, relative to the
largest logit. "From NumPy" are float32 arrays in memory that go to the GPU, and results that come back; "on the GPU"
are float32 tensors that are there already, and results that stay. They take turns, in an order that changes every
round, without a pause. PyTorch's convolutions are channels-last; in the CUDA graph they are captured once and replayed.
"""

Predict = Callable[[Tensor], Tensor]


def make(target: Path, folder: Path) -> None:
    """One package with a function for each batch size."""
    import coremltools as ct

    described = ct.utils.MultiFunctionDescriptor()
    row = network("resnet50")
    with tempfile.TemporaryDirectory() as temporary:
        for batch in BATCHES:
            package = Path(temporary, f"batch{batch}.mlpackage")
            sources.convert(row, Files(folder, row, batch).module, batch, "f16", package)
            described.add_function(str(package), "main", f"batch_{batch}")
        described.default_function_name = f"batch_{BATCHES[0]}"
        ct.utils.save_multifunction(described, str(target))


@dataclass(frozen=True)
class Setting:
    """What is measured."""

    package: Path
    batch: int
    module: nn.Module

    def half(self) -> nn.Module:
        """The network in float16 on the GPU, channels-last."""
        return copy.deepcopy(self.module).half().cuda().to(memory_format=torch.channels_last)


def tensorlogic(setting: Setting) -> Callable[[np.ndarray | Tensor], np.ndarray | Tensor]:
    from tensorlogic import load_model

    model = load_model(setting.package, device="cuda", precision="f16", function=f"batch_{setting.batch}")
    return lambda images: next(iter(model.predict(images).values()))


def taking_both(predict: Predict) -> Callable[[np.ndarray | Tensor], np.ndarray | Tensor]:
    """A function of tensors on the GPU as one that takes arrays too, and gives what it took."""

    @torch.inference_mode()
    def run(images: np.ndarray | Tensor) -> np.ndarray | Tensor:
        if isinstance(images, np.ndarray):
            return predict(torch.from_numpy(images).cuda()).float().cpu().numpy()
        return predict(images)

    return run


def channels_last(images: Tensor) -> Tensor:
    return images.half().contiguous(memory_format=torch.channels_last)


def eager(setting: Setting) -> Callable[[np.ndarray | Tensor], np.ndarray | Tensor]:
    module = setting.half()
    return taking_both(lambda images: module(channels_last(images)))


def graph(setting: Setting) -> Callable[[np.ndarray | Tensor], np.ndarray | Tensor]:
    module = setting.half()
    given = torch.zeros((setting.batch, 3, 224, 224), device="cuda")
    with torch.inference_mode():
        aside = torch.cuda.Stream()
        with torch.cuda.stream(aside):
            for _ in range(3):
                module(channels_last(given))
        torch.cuda.current_stream().wait_stream(aside)
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            result = module(channels_last(given))

    def predict(images: Tensor, _weights: nn.Module = module) -> Tensor:  # the graph reads them where they are
        given.copy_(images)
        captured.replay()
        return result.clone()

    return taking_both(predict)


def compiled(setting: Setting) -> Callable[[np.ndarray | Tensor], np.ndarray | Tensor]:
    module = torch.compile(setting.half(), mode="max-autotune", dynamic=False)
    return taking_both(lambda images: module(channels_last(images)).clone())


PEERS = {OURS: tensorlogic, "PyTorch": eager, "PyTorch, CUDA graph": graph}
COMPILED = {"torch.compile, max-autotune": compiled}


@dataclass
class Row:
    """What came out of one peer for one batch size and place of the data."""

    batch: int
    place: str
    peer: str
    times: Sequence[float] = ()
    first: float = float("nan")
    """Seconds from the start of loading to the end of the first prediction."""
    difference: float = float("nan")
    reason: str = ""


def rows(setting: Setting, peers: dict[str, Callable], rounds: int, seconds: float) -> Iterator[Row]:
    """A row for every peer, with data from NumPy and on the GPU."""
    (step,) = network("resnet50").inputs(setting.batch)
    places = {"from NumPy": step[0], "on the GPU": torch.from_numpy(step[0]).cuda()}
    with torch.inference_mode():
        wanted = copy.deepcopy(setting.module).cuda()(places["on the GPU"]).float().cpu().numpy()
    for place, images in places.items():
        found = [Row(setting.batch, place, peer) for peer in peers]
        runs = {}
        for each in found:
            try:
                runs[each.peer] = _checked(each, peers[each.peer], setting, images, wanted)
            except Exception as error:  # whatever it is, it is this peer's result
                each.reason = str(error) if isinstance(error, Absent) else f"failed: {first_line(error)}"
        times = measure(runs, [images], rounds, seconds, rest=_after_one_another)
        for each in found:
            each.times = times.get(each.peer, ())
        yield from found


def _after_one_another(seconds: float) -> None:
    """A GPU that rests lowers its clock, and has no threads that spin."""


def _checked(
    result: Row, prepare: Callable, setting: Setting, images: np.ndarray | Tensor, wanted: np.ndarray
) -> Callable[[np.ndarray | Tensor], None]:
    """The peer ready to be timed: it waits for the GPU."""
    begin = time.perf_counter()
    predict = prepare(setting)
    got = predict(images)
    torch.cuda.synchronize()
    result.first = time.perf_counter() - begin
    if isinstance(images, Tensor) and not (isinstance(got, Tensor) and got.is_cuda):
        raise Absent("its results do not stay on the GPU")
    array = got.float().cpu().numpy() if isinstance(got, Tensor) else got
    result.difference = largest_difference([[array]], [[wanted]])

    def run(images: np.ndarray | Tensor) -> None:
        predict(images)
        torch.cuda.synchronize()

    return run


def page(found: Sequence[Row]) -> str:
    lines = [ABOUT, f"{torch.cuda.get_device_name()}. torch {version('torch')}.\n"]
    lines += [row("batch", "data", "", "ms", "images/s", "first, s", "difference"), row(*["---"] * 3, *["---:"] * 4)]
    lines += [row(str(each.batch), each.place, each.peer, *_cells(each)) for each in found]
    lines += [
        f"\n{each.peer}, batch {each.batch}, {each.place}: {as_text(each.reason)}" for each in found if each.reason
    ]
    return "\n".join(lines) + "\n"


def _cells(result: Row) -> Iterator[str]:
    if not result.times:
        yield from "—" * 4
        return
    median = milliseconds(result.times)
    yield f"{median:.3f}"
    yield f"{result.batch / median * 1e3:,.0f}"
    yield digits(result.first)
    yield f"{result.difference:.0e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, default=FOLDER / NAME)
    parser.add_argument("--make", action="store_true", help="convert the package, and measure nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the weights for --make are kept")
    parser.add_argument("--batch", type=int, nargs="+", choices=BATCHES, default=BATCHES)
    parser.add_argument("--compile", action="store_true", help="torch.compile too: it takes minutes")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / GPU)
    options = parser.parse_args()
    if options.make:
        make(options.package, options.folder)
        return
    torch.manual_seed(0)
    module = network("resnet50").build().eval()  # the weights that the package has, where PyTorch draws the same
    peers = PEERS | (COMPILED if options.compile else {})
    found = []
    for batch in options.batch:
        found += rows(Setting(options.package, batch, module), peers, options.rounds, options.seconds)
    text = page(found)
    print(text)
    options.report.write_text(text)


if __name__ == "__main__":
    main()
