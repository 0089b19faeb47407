"""A small real package, as coremltools writes it: a convolution, a relu and a linear layer."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

INPUT_SHAPE = (1, 3, 8, 8)


def write(path: Path) -> None:
    """Build the network with coremltools' builder and save it in FLOAT16."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

        rng = np.random.default_rng(0)

        @mb.program(input_specs=[mb.TensorSpec(INPUT_SHAPE)], opset_version=ct.target.iOS15)
        def program(x):
            weight = rng.standard_normal((16, 3, 3, 3)).astype(np.float32)
            hidden = mb.relu(x=mb.conv(x=x, weight=weight, pad_type="same", name="conv"), name="relu")
            pooled = mb.reduce_mean(x=hidden, axes=[2, 3])
            return mb.linear(x=pooled, weight=rng.standard_normal((10, 16)).astype(np.float32), name="scores")

        ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=ct.target.iOS15,
            compute_precision=ct.precision.FLOAT16,
            skip_model_load=True,
        ).save(str(path))
