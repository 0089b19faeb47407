"""Programs of coremltools' builder as packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save(program: Any, path: Path, precision: Any, opset: int = 15) -> None:
    """Write a program to `path`, in ``FLOAT16``, ``FLOAT32`` or what a `precision` of coremltools chooses."""
    import coremltools as ct

    ct.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=getattr(ct.target, f"iOS{opset}"),
        compute_precision=ct.precision[precision] if isinstance(precision, str) else precision,
        skip_model_load=True,
    ).save(str(path))
