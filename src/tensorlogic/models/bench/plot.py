"""A picture of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorlogic.errors import UsageError, codes
from tensorlogic.models.bench.results import Benchmark

_ROW = 0.4  # inches


def plotter(path: Path) -> Callable[[Benchmark], None]:
    """What draws a benchmark to the file `path`, which `check_picture` accepts."""
    check_picture(path)
    return lambda found: _draw(found, path)


def check_picture(path: Path) -> None:
    """Raise `UsageError` when matplotlib is not installed or cannot write such a file: before anything is measured.

    The ending of the name says the format.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError:
        raise UsageError(
            codes.MISSING_PACKAGE,
            "a picture takes the package matplotlib, which is not installed",
            help="pip install 'tensorlogic-lang[plot]'",
        ) from None
    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in formats:
        message = f"cannot draw a picture {path.name!r}"
        raise UsageError(
            codes.CANNOT_WRITE, message, help=f"Let the name end in one of .{', .'.join(sorted(formats))}."
        )
    if not path.absolute().parent.is_dir():
        raise UsageError(codes.CANNOT_WRITE, f"there is no folder {str(path.parent)!r} to write {path.name!r} to")


def _draw(found: Benchmark, path: Path) -> None:
    """Bars of latency; and throughput over batch sizes, where there are several."""
    from matplotlib.figure import Figure

    several = len({row.batch for row in found.measurements}) > 1
    height = max(3.0, 1.5 + _ROW * len(found.measurements))
    figure = Figure(figsize=(14 if several else 8, height), layout="constrained")
    axes = figure.subplots(1, 2 if several else 1, squeeze=False)[0]
    _draw_latency(axes[0], found)
    if several:
        _draw_throughput(axes[1], found)
    figure.suptitle(found.path.name)
    try:
        figure.savefig(path)
    except OSError as error:
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {str(path)!r}: {error.strerror}") from None


def _draw_latency(axes: Any, found: Benchmark) -> None:
    rows = found.measurements
    names = [f"{row.candidate}{'' if row.batch is None else f', batch {row.batch}'}" for row in rows]
    medians = [row.latency * 1e3 for row in rows]
    tails = [0.0 if row.p90 is None else (row.p90 - row.latency) * 1e3 for row in rows]
    bars = axes.barh(range(len(rows)), medians, xerr=(([0.0] * len(rows)), tails), capsize=3)
    axes.bar_label(bars, [f" {median:,.0f}" if median >= 100 else f" {median:.3g}" for median in medians])
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.set_xlabel("latency in ms: median, and to the 90th percentile")
    axes.margins(x=0.15)


def _draw_throughput(axes: Any, found: Benchmark) -> None:
    for candidate in dict.fromkeys(row.candidate for row in found.measurements):
        rows = [row for row in found.measurements if row.candidate == candidate]
        axes.plot([row.batch for row in rows], [row.throughput for row in rows], "o-", label=str(candidate))
    axes.set_xticks(sorted({row.batch or 1 for row in found.measurements}))
    axes.set_xlabel("batch size")
    axes.set_ylabel("inferences per second")
    axes.set_ylim(bottom=0)
    axes.legend()
