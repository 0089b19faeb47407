"""How fast a model is on this machine, how soon it starts, and what memory and power that takes."""

from tensorlogic.models.bench.plot import plotter
from tensorlogic.models.bench.results import Benchmark, Measurement, Omission, Start, Startup
from tensorlogic.models.bench.run import Wanted, benchmark

__all__ = ["Benchmark", "Measurement", "Omission", "Start", "Startup", "Wanted", "benchmark", "plotter"]
