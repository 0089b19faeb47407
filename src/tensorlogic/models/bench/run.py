"""Measuring a model with every engine, device and precision that can run it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tensorlogic.coreml import ModelFunction
from tensorlogic.engines import Candidate
from tensorlogic.errors import EngineError, TensorLogicError, UsageError, codes
from tensorlogic.models.bench.choice import choose, unable
from tensorlogic.models.bench.fresh import start
from tensorlogic.models.bench.power import Meters
from tensorlogic.models.bench.results import Benchmark, Omission, Startup
from tensorlogic.models.bench.turns import Subject, take_turns
from tensorlogic.models.inputs import Array, make_inputs
from tensorlogic.models.load import detect, load_model
from tensorlogic.models.model import Model, Prediction

Progress = Callable[[str, int, int], None]
"""Told what is done now, and how many of how many steps of that are done."""

Inputs = dict[int | None, dict[str, Array]]
"""By batch size; None stands for the shapes that the file describes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure, and for how long. Nothing chosen means all that there is."""

    function: str | None = None
    engines: Sequence[str] = ()
    devices: Sequence[str] = ()
    precisions: Sequence[str] = ()
    batches: Sequence[int] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    """Inputs by name; the others are made up."""
    seconds: float = 3.0
    """For each candidate and batch size."""
    rounds: int = 10
    """The turns that this time is spread over."""
    tune: bool = False
    """Whether to have the machine remember the fastest engine."""


def benchmark(path: Path, wanted: Wanted, progress: Progress = lambda what, done, of: None) -> Benchmark:
    """Measure the model at `path`.

    What only some candidates or batch sizes refuse is told in the result; what all refuse is raised, as are the errors
    of `load_model`. Ctrl-C ends the measuring, and the result has what there is.
    """
    described = detect(path, wanted.function)
    if not isinstance(described, ModelFunction):
        described.make_state()
    run = _Run(described, wanted, Benchmark(path, described.name), progress)
    try:
        run.measure()
    except KeyboardInterrupt:
        run.found.interrupted = True
    return run.found


@dataclass(slots=True)
class _Run:
    """One benchmark while it is made."""

    described: ModelFunction
    wanted: Wanted
    found: Benchmark
    progress: Progress
    errors: list[TensorLogicError] = field(default_factory=list)

    def measure(self) -> None:
        """Latency first; then starts, when the models of the first part are gone."""
        candidates = choose(self.described, self.wanted.engines, self.wanted.devices, self.wanted.precisions)
        self.found.omissions += [Omission(*each) for each in unable(self.described, self.wanted.engines)]
        inputs = self._inputs()
        able = self._latency(candidates, inputs)
        if not able:
            raise self.errors[0]
        if self.wanted.tune:
            self.progress("Choosing an engine", 0, 1)
            path, function = self.described.file.path, self.described.name
            self.found.tuned = load_model(path, function=function, tune=True).candidate
        self._starts(able, next(iter(inputs.values())))

    def _inputs(self) -> Inputs:
        """Inputs of each batch size that the description accepts."""
        made: Inputs = {}
        for batch in self.wanted.batches or (None,):
            try:
                made[batch] = make_inputs(self.described.inputs, self.wanted.given, batch)
            except TensorLogicError as error:
                self._leave_out(_batch(batch), error)
        return made

    def _latency(self, candidates: Sequence[Candidate], inputs: Inputs) -> list[Candidate]:
        """Measure latency and power; give the candidates that could predict."""
        subjects: list[Subject] = []
        with Meters() as meters:
            for done, candidate in enumerate(candidates):
                self.progress(f"Loading {candidate}", done, len(candidates))
                subjects += self._subjects(candidate, inputs, meters)
            turns = self.wanted.rounds * len(subjects)
            try:
                for done, subject in enumerate(take_turns(subjects, self.wanted.seconds, self.wanted.rounds)):
                    self.progress(f"Measuring {subject.candidate}", done, turns)
            finally:
                self.found.measurements = [each.measurement() for each in subjects if each.seconds]
                lacking = meters.lacking.items()
                self.found.omissions += [Omission(f"the power of {name}", why) for name, why in lacking]
        return list(dict.fromkeys(subject.candidate for subject in subjects))

    def _subjects(self, candidate: Candidate, inputs: Inputs, meters: Meters) -> list[Subject]:
        """A loaded model for each batch size that it really takes."""
        able = []
        try:
            model = load_model(self.described.file.path, function=self.described.name, **asdict(candidate))
        except TensorLogicError as error:
            self._leave_out(str(candidate), error)
            return []
        for batch, values in inputs.items():
            try:
                predict = _prediction(model, values)
                _check_rows(predict(), batch)
                able.append(Subject(candidate, batch, predict, meters.of(candidate.device)))
            except TensorLogicError as error:
                self._leave_out(f"{candidate}, {_batch(batch)}", error)
        return able

    def _starts(self, candidates: Sequence[Candidate], inputs: dict[str, Array]) -> None:
        """Measure how each candidate starts, with an empty cache and with what that left in it."""
        for done, candidate in enumerate(candidates):
            with TemporaryDirectory() as cache:
                begin = partial(start, self.described, candidate, inputs, Path(cache))
                try:
                    self.progress(f"Starting {candidate}, cold", 2 * done, 2 * len(candidates))
                    cold = begin()
                    self.found.startups.append(Startup(candidate, cold))
                    self.progress(f"Starting {candidate}, cached", 2 * done + 1, 2 * len(candidates))
                    self.found.startups[-1] = Startup(candidate, cold, begin())
                except EngineError as error:
                    self._leave_out(f"the start of {candidate}", error)

    def _leave_out(self, what: str, error: TensorLogicError) -> None:
        self.errors.append(error)
        self.found.omissions.append(Omission(what, error.diagnostics[0].message))


def _prediction(model: Model, inputs: dict[str, Array]) -> Callable[[], Prediction]:
    """One prediction of a sequence of them, if the model has a memory."""
    if model.states:
        return partial(model.predict, inputs, state=model.make_state())
    return partial(model.predict, inputs)


def _check_rows(outputs: Prediction, batch: int | None) -> None:
    """Refuse a batch that does not reach every output: the first axis is something else then."""
    if batch in (None, 1):
        return
    for name, value in outputs.items():
        if getattr(value, "shape", ())[:1] != (batch,):
            message = f"the output {name!r} does not have {batch} rows, so the first axis is no batch"
            raise UsageError(codes.WRONG_SHAPE, message)


def _batch(batch: int | None) -> str:
    return "the described shapes" if batch is None else f"batch {batch}"
