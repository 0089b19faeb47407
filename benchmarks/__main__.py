"""Measure TensorLogic and its peers on this machine, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.figures import PARTS
from benchmarks.files import FOLDER, ROOT
from benchmarks.networks import NETWORKS, Network
from benchmarks.peers import OURS, PEERS
from benchmarks.report import Measured, page, to_best
from benchmarks.result import Figure, Result
from tensorlogic.engines import engine_names

PACKAGES = ("tensorlogic-lang", "torch", "onnxruntime", "openvino", "coremltools", "transformers")
PRECISIONS = ("f32", "bf16")
LONGEST = 3600
"""Seconds after which a process is given up."""


class Failed(Exception):  # noqa: N818 (it ends in a reason)
    """A process gave no results, and why."""


@dataclass(frozen=True)
class Runner:
    """Starts the processes that measure."""

    options: argparse.Namespace

    def make_files(self, network: Network, batch: int, precision: str) -> None:
        """Let what is missing be made, by a process that does not measure."""
        folder = ("--folder", self.options.folder)
        self._run("benchmarks.files", network.name, "--batch", batch, "--precision", precision, *folder)

    def results(self, network: Network, batch: int, precision: str) -> list[Result]:
        """All peers' results; when the process ends without, its reason for each."""
        options = self.options
        skip = ["--skip", "torch.compile"] if options.skip_compile else []
        engines = ["--engines", *engine_names()] if options.engines else []
        try:
            self.make_files(network, batch, precision)
            threads = ("--threads", options.threads)
            found = self._json("benchmarks.worker", network.name, batch, precision, *threads, *skip, *engines)
        except Failed as failed:
            peers = (OURS, *(peer.name for peer in PEERS))
            return [Result(network.name, batch, precision, peer, reason=str(failed)) for peer in peers]
        return [Result(**each) for each in found]

    def figures(self, part: str) -> list[Figure]:
        """One part of what is measured besides, or why there is none of it."""
        try:
            return [Figure(**each) for each in self._json("benchmarks.figures", part)]
        except Failed as failed:
            return [Figure(part, part, reason=str(failed))]

    def _json(self, module: str, *arguments: object) -> Any:
        options = self.options
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "output.json")
            how = ("--folder", options.folder, "--rounds", options.rounds, "--seconds", options.seconds)
            self._run(module, *arguments, *how, "--output", output)
            return json.loads(output.read_text())

    def _run(self, module: str, *arguments: object) -> None:
        caches = {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TENSORLOGIC_CACHE": "cache"}
        environment = os.environ | {name: str(self.options.folder / place) for name, place in caches.items()}
        environment["OMP_NUM_THREADS"] = str(self.options.threads)
        command = [sys.executable, "-m", module, *map(str, arguments)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"it took more than {LONGEST} s") from None
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise Failed(f"its process ended with {done.returncode}: {said[-1]}")


def cells(options: argparse.Namespace) -> Iterator[tuple[Network, int, str]]:
    """What is measured together: a network, a batch size and a precision."""
    for network in NETWORKS:
        for precision in options.precision or PRECISIONS:
            for batch in network.batches:
                if network.name in (options.only or network.name) and batch in (options.batch or network.batches):
                    yield network, batch, precision


def machine(threads: int) -> str:
    """The processor, the threads, and the versions of everything."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = f"Python {platform.python_version()}"
    return f"{processor()}, {threads} threads, {platform.system()} {platform.machine()}. {python}, {versions}."


def processor() -> str:
    """Its name, and what it has for bfloat16."""
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor()
    lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
    said = {name.strip(): value.strip() for name, value in lines.items()}
    special = [name for name in ("avx512f", "avx512_bf16", "amx_bf16") if name in said.get("flags", "").split()]
    return f"{said.get('model name', platform.processor())} ({', '.join(special) or 'no AVX-512'})"


def measure_all(runner: Runner, measured: Measured, options: argparse.Namespace, console: Console) -> None:
    """Everything that was asked for, kept as it comes."""
    planned = list(cells(options))
    parts = [] if options.only or options.no_figures else list(PARTS)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("", total=len(planned) + len(parts))
        for network, batch, precision in planned:
            title = f"{network.title}, {precision}, batch {batch}"
            progress.update(task, description=title)
            results = runner.results(network, batch, precision)
            measured.add(results)
            measured.write(options.results)
            compared = to_best(results)
            progress.print(f"{title}: {f'{compared[0]:.2f} of {compared[1]}' if compared else '—'}")
            for reason in (f"  {result.peer}: {result.reason}" for result in results if result.reason):
                progress.print(reason, soft_wrap=True)
            progress.advance(task)
        for part in parts:
            progress.update(task, description=part)
            measured.add_figures(part, runner.figures(part))
            progress.advance(task)
    measured.write(options.results)


def arguments() -> argparse.Namespace:
    names = [network.name for network in NETWORKS]
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, metavar="NETWORK", help=f"some of: {', '.join(names)}")
    parser.add_argument("--batch", type=int, nargs="+", help="batch sizes (default: 1 and 8)")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, help="precisions (default: both)")
    parser.add_argument("--rounds", type=int, default=10, help="measure so many rounds at least (default: 10)")
    parser.add_argument("--seconds", type=float, default=10, help="and go on for so long (default: 10)")
    parser.add_argument("--engines", action="store_true", help="measure each of our engines too")
    parser.add_argument("--skip-compile", action="store_true", help="leave torch.compile out: it takes minutes")
    parser.add_argument("--no-figures", action="store_true", help="leave out overhead, start, memory and threads")
    parser.add_argument("--threads", type=int, default=psutil.cpu_count(logical=False), help="default: the cores")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where converted models are kept")
    parser.add_argument("--results", type=Path, default=ROOT / "out" / "benchmarks.json")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.folder = options.folder.absolute()
    console = Console(highlight=False)
    measured = Measured.read(options.results, machine(options.threads))
    measure_all(Runner(options), measured, options, console)
    titles = {network.name: network.title for network in NETWORKS}
    options.report.write_text(page(measured, titles, options.report.parent))
    console.print(f"Written: {options.report}")


if __name__ == "__main__":
    main()
