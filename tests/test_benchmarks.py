"""The benchmark's own arithmetic, its networks, and what it makes of failures; the times are nobody's test."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from benchmarks import formats
from benchmarks.__main__ import Runner, cells
from benchmarks.files import Files
from benchmarks.generation import Shape, compared, figures, write
from benchmarks.measure import WARMUP, measure, milliseconds
from benchmarks.modules import Decoder, WithStates
from benchmarks.networks import NETWORKS, Network, network
from benchmarks.peers import OURS, PEERS, Absent, Peer, Subject, carrying
from benchmarks.report import Measured, as_text, digits, page, table, to_best
from benchmarks.result import Figure, Result
from benchmarks.sources import tensors
from benchmarks.worker import chosen, results
from gguf import GGMLQuantizationType

from tensorlogic.engines.tuning import REST

SMALL = ("mobilenet_v2", "bilstm", "unet", "whisper")
TITLES = {"a": "Network A", "b": "Network B"}


class Time:
    """A clock that goes on only when somebody rests or works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[tuple[str, int]] = []

    def clock(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def worker(self, name: str, seconds: Callable[[int], float]) -> Callable[[int], None]:
        def run(step: int) -> None:
            self.log.append((name, step))
            self.now += seconds(step)

        return run


def test_rounds_are_measured_by_turns_after_warming_up() -> None:
    time = Time()
    runs = {"quick": time.worker("quick", lambda step: 1), "slow": time.worker("slow", lambda step: 2 + step)}
    times = measure(runs, [0, 1, 2], rounds=6, seconds=0, clock=time.clock, rest=time.rest)
    assert times["quick"] == pytest.approx([1] * 6)
    assert times["slow"] == pytest.approx([2, 3, 4, 2, 3, 4])
    assert time.log[::2] == time.log[1::2]  # each runs twice
    rounds = [time.log[i : i + 4 : 2] for i in range(0, len(time.log), 4)]
    assert len(rounds) == 6 + WARMUP
    assert all({name for name, _ in each} == set(runs) and each[0][1] == each[1][1] for each in rounds)
    assert len({each[0][0] for each in rounds}) == 2  # the first is not always the same


@pytest.mark.parametrize(("rounds", "seconds", "wanted"), [(2, 0, 2), (2, 10, 2), (2, 20, 7), (9, 20, 9)])
def test_measuring_goes_on_for_the_time_and_the_rounds(rounds: int, seconds: float, wanted: int) -> None:
    time = Time()
    runs = {"one": time.worker("one", lambda step: 1)}
    times = measure(runs, [0], rounds, seconds, clock=time.clock, rest=time.rest)
    assert len(times["one"]) == wanted  # at 2.05 s a round, 3 of them for warming up
    assert time.now == pytest.approx((wanted + WARMUP) * (2 + REST))


def test_a_time_is_the_median() -> None:
    assert milliseconds([0.001, 0.009, 0.002]) == pytest.approx(2)


def timed(network: str, peer: str, seconds: float, difference: float = 0.0, batch: int = 1) -> Result:
    return Result(network, batch, "f32", peer, [seconds] * 3, difference)


def test_the_table_has_a_row_a_network_and_compares_with_the_best_other() -> None:
    found = [
        timed("a", "onnxruntime", 0.02, 1e-6),
        timed("a", OURS, 0.01, 2e-6),
        timed("a", f"{OURS} (torch)", 0.001, 2e-6),
        timed("a", "PyTorch", 1.5),
        Result("b", 1, "f32", "onnxruntime", reason="failed"),
        timed("b", OURS, 0.004),
        timed("b", "PyTorch", 0.002),
    ]
    assert list(table(found, TITLES)) == [
        "| network | TensorLogic | TensorLogic (torch) | onnxruntime | PyTorch | to the best other |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| Network A | 10.0 (2e-06) | 1.00 (2e-06) | 20.0 (1e-06) | 1,500 (0e+00) | 0.50 (onnxruntime) |",
        "| Network B | 4.00 (0e+00) | — | — | 2.00 (0e+00) | 2.00 (PyTorch) |",
        "| geometric mean |  |  |  |  | 1.00 |",
    ]
    assert list(table(found, {"c": "No batch 8"}))[2:] == ["| No batch 8 | — | — | — | — | — |"]


def test_nothing_is_compared_when_ours_or_all_others_are_absent() -> None:
    assert to_best([timed("a", "PyTorch", 1), Result("a", 1, "f32", OURS, reason="failed")]) is None
    assert to_best([timed("a", OURS, 1), timed("a", f"{OURS} (torch)", 1)]) is None


def test_the_page_says_why_there_are_dashes(tmp_path: Path) -> None:
    absent = [Result("a", batch, "bf16", "onnxruntime", reason="no <bf16>") for batch in (1, 8)]
    found = [timed("a", OURS, 1), timed("b", OURS, 1), *absent]
    figures = [Figure("start", "start", "s", {OURS: 0.5}), Figure("threads", "threads", reason="it ended")]
    written = page(Measured("A machine.", found, figures), TITLES, tmp_path)
    assert "- onnxruntime: no &lt;bf16> (Network A; bf16 batch 1, bf16 batch 8)" in written
    assert "| start | s | 0.50 |" in written
    assert "threads: it ended" in written
    assert written.index("## f32, batch 1") < written.index("## bf16, batch 1") < written.index("## bf16, batch 8")
    assert "benchmarks-gpu.md" not in written
    assert "(all networks; bf16 batch 1)" in page(Measured("A machine.", absent[:1]), TITLES, tmp_path)


def test_messages_of_others_lose_their_paths() -> None:
    assert as_text("cannot open /home/someone/model.onnx: a|b") == "cannot open …: a\\|b"


@pytest.mark.parametrize(("value", "text"), [(0.123, "0.12"), (9.5, "9.50"), (27.66, "27.7"), (1234.5, "1,234")])
def test_digits(value: float, text: str) -> None:
    assert digits(value) == text


def test_results_are_kept_for_one_machine_and_replaced_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "out" / "benchmarks.json"
    measured = Measured("here", [timed("a", OURS, 1), timed("a", "PyTorch", 1), timed("b", OURS, 1)])
    measured.add_figures("start", [Figure("start", "start", "s", {OURS: 1})])
    measured.write(path)
    again = Measured.read(path, "here")
    assert again == measured
    again.add([timed("a", OURS, 2)])
    again.add_figures("start", [Figure("start", "start", "s", {OURS: 2})])
    assert [(r.network, r.peer, r.times[0]) for r in again.results] == [("b", OURS, 1), ("a", OURS, 2)]
    assert [figure.values for figure in again.figures] == [{OURS: 2}]
    assert Measured.read(path, "elsewhere") == Measured("elsewhere")


class Doubled(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


DOUBLED = Network("doubled", "doubled", lambda batch: [(np.ones((batch, 2), np.float32),)], Doubled)


def fails(subject: Subject) -> Callable:
    raise RuntimeError("no such thing\nin many words")


def absent(subject: Subject) -> Callable:
    raise Absent("nobody home")


FAILURES = [
    (absent, "nobody home"),
    (fails, "failed: RuntimeError: no such thing"),
    (lambda subject: lambda step: 1 / 0, "failed: ZeroDivisionError: division by zero"),
    (lambda subject: lambda step: [np.ones(3)], "failed: ValueError: gives [[3]] for [[4, 2]]"),
    (lambda subject: lambda step: [], "failed: ValueError: gives [] for [[4, 2]]"),
]


@pytest.mark.parametrize(("prepare", "reason"), FAILURES)
def test_a_failure_is_a_row(prepare: Callable[[Subject], Callable], reason: str, tmp_path: Path) -> None:
    subject = Subject(Files(tmp_path, DOUBLED, 4), "f32", 1)
    peers = [Peer("broken", prepare), Peer("off by a tenth", lambda subject: lambda step: [2.2 * step[0]])]
    broken, off = results(subject, peers, rounds=2, seconds=0)
    assert (broken.reason, broken.times, broken.difference) == (reason, [], None)
    assert (off.reason, len(off.times), off.cell) == ("", 2, ("doubled", 4, "f32"))
    assert off.difference == pytest.approx(0.1)


def test_peers_that_are_left_out_are_rows() -> None:
    names = [peer.name for peer in chosen([], ["torch"])]
    assert names == [OURS, f"{OURS} (torch)", "onnxruntime", "OpenVINO", "PyTorch", "torch.compile"]
    with pytest.raises(Absent, match="left out"):
        chosen(["torch.compile"], [])[-1].prepare(Subject(Files(Path(), DOUBLED, 1), "f32", 1))


def test_a_process_that_dies_is_a_row_for_every_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho some trouble >&2\necho out of memory >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    options = argparse.Namespace(
        folder=tmp_path, threads=1, rounds=1, seconds=0, skip_compile=False, engines=False, only=None
    )
    found = Runner(options).results(NETWORKS[0], 1, "f32")
    assert [result.peer for result in found] == [OURS, *(peer.name for peer in PEERS)]
    assert {result.reason for result in found} == {"its process ended with 3: out of memory"}
    (figure,) = Runner(options).figures("start")
    assert (figure.part, figure.reason) == ("start", "its process ended with 3: out of memory")


def test_every_network_is_measured_in_both_precisions_at_the_batch_sizes_that_it_has() -> None:
    everything = argparse.Namespace(only=None, batch=None, precision=None)
    planned = [(network.name, batch, precision) for network, batch, precision in cells(everything)]
    assert len(NETWORKS) == 11
    assert len(planned) == len(set(planned)) == 9 * 4 + 2 * 2
    some = argparse.Namespace(only=["gpt2", "unet"], batch=[8], precision=["f32"])
    assert [(each[0].name, *each[1:]) for each in cells(some)] == [("unet", 8, "f32")]


BUILT = [row for row in NETWORKS if row.build is not None]


@pytest.mark.parametrize(
    "row", [pytest.param(r, id=r.name, marks=() if r.name in SMALL else pytest.mark.slow) for r in BUILT]
)
def test_networks_compute_something_from_their_inputs(row: Network) -> None:
    batch = 2 if 8 in row.batches else 1
    module = row.build().eval()
    with torch.inference_mode():
        for step in row.inputs(batch)[:2]:
            found = module(*tensors((*step, *row.memory())))
            logits = found[0] if isinstance(found, tuple) else found
            assert len(logits) == batch
            assert logits.isfinite().all()
            assert logits.std() > 0


def test_basic_pitch_has_its_outputs_in_the_order_of_its_package(tmp_path: Path) -> None:
    import tensorlogic as tl

    files = Files(tmp_path, network("basic_pitch"), 1)
    session = onnxruntime.InferenceSession(files.onnx())
    (sound,) = files.network.inputs(1)[0]
    wanted = session.run(None, {session.get_inputs()[0].name: sound})
    found = tl.load_model(files.package("f32")).predict(sound).values()
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-3)


def test_the_decoder_remembers_the_same_in_caches_and_in_states() -> None:
    torch.manual_seed(0)
    decoder = Decoder(layers=2, width=16, heads=2, context=4, words=10).eval()
    stateful = WithStates(decoder).eval()
    caches = [torch.zeros(decoder.cache)] * 4
    whole = []
    with torch.inference_mode():
        for i, token in enumerate((3, 1, 4)):
            given = torch.tensor([[token]], dtype=torch.int32), torch.tensor([i], dtype=torch.int32)
            logits, *caches = decoder(*given, *caches)
            torch.testing.assert_close(stateful(*given), logits)
            whole.append(logits)
    for (_, state), cache in zip(stateful.named_buffers(), caches, strict=True):
        torch.testing.assert_close(state, cache)
        assert cache[:, :, :3].abs().amin() > 0
        assert cache[:, :, 3:].abs().amax() == 0
    assert not torch.equal(whole[0], whole[1])


def test_what_a_call_leaves_is_given_to_the_next() -> None:
    run = carrying(lambda step, carried: [step[0] + carried[0], carried[0] + 1], [10])
    assert [run((100,)), run((100,)), run((0,))] == [[110], [111], [12]]


def test_files_are_made_once_and_keep_the_weights(tmp_path: Path) -> None:
    row = Network("linear", "", DOUBLED.inputs, lambda: torch.nn.Linear(2, 3), train=halved)
    module = Files(tmp_path, row, 1).module
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = Files(tmp_path, row, 8).module
    assert torch.equal(module.weight, again.weight)
    assert (module.weight == 0.5).all()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == made
    assert [path.name for path in made] == ["linear", "weights.pt"]


def halved(module: torch.nn.Module) -> torch.nn.Module:
    torch.nn.init.constant_(module.weight, 0.5)
    return module


def test_a_started_process_tells_when_it_had_predicted(package: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import subprocess

    from tests.conftest import ROOT

    code = "import benchmarks.start as s, json; print(json.dumps(s.peak_memory()))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    peak = json.loads(capfd.readouterr().out)
    assert peak is None or 2**22 < peak < 2**30


def test_text_is_generated_by_turns(tmp_path: Path) -> None:
    shape = Shape("small", layers=1, width=64, inner=64, heads=2, shared=1, vocabulary=512)
    write(tmp_path / "small.gguf", shape, GGMLQuantizationType.Q4_0)
    times = compared(tmp_path / "small.gguf", threads=1, rounds=1, seconds=0)
    assert [len(each) for each in times.values()] == [1, 1]
    assert figures({"ours": [1.0, 2.0, 4.0], "theirs": [1.0, 1.0, 2.0]}) == ["64", "128", "0.500"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere files have no holes, and memory is not told")
def test_formats_are_opened_read_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORDS": 10, "READ": 2, "ROWS": 8, "ROUNDS": 1}.items():
        monkeypatch.setattr(formats, name, value)
    for name, make in formats.LARGE_FILES.values():
        make(tmp_path / name)
        milliseconds, _ = formats.opened(tmp_path / name)
        assert 0 < milliseconds < 1000
        assert (tmp_path / name).stat().st_size == pytest.approx(formats.LARGE, rel=0.01)
    for name, make in formats.FILES.values():
        make(tmp_path / name)
        assert min(formats.read(tmp_path / name)) > 0
    shape = Shape("small", layers=1, width=64, inner=64, heads=2, shared=1, vocabulary=512)
    for name in (formats.FIRST, "model"):
        formats.write_program(tmp_path / name, shape, GGMLQuantizationType.Q4_0)
    matrices = 512 * 64 + 2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 64
    weights, _, speed = formats.ran(tmp_path / "model")
    assert weights * 1e6 == matrices / 32 * 18 + 3 * 64 * 4
    assert speed > 0
