"""A small real package, as coremltools writes it: a convolution, a relu and a linear layer."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from tests.saving import save

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

        save(program, path, "FLOAT16")


def write_float32(path: Path) -> None:
    """Save nine convolutions of a picture of 64 x 64, as many as make the Neural Engine worth while, in FLOAT32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

        rng = np.random.default_rng(0)

        @mb.program(input_specs=[mb.TensorSpec((1, 3, 64, 64))], opset_version=ct.target.iOS15)
        def program(image):
            x = image
            for index in range(9):
                inputs, stride = (3, 2) if index == 0 else (64, 1)
                weight = rng.normal(0, (2 / (9 * inputs)) ** 0.5, (64, inputs, 3, 3)).astype(np.float32)
                x = mb.conv(x=x, weight=weight, strides=[stride] * 2, pad_type="same", name=f"conv_{index}")
                x = mb.relu(x=x, name=f"relu_{index}")
            pooled = mb.reduce_mean(x=x, axes=[2, 3])
            return mb.linear(x=pooled, weight=rng.standard_normal((10, 64)).astype(np.float32), name="scores")

        save(program, path, "FLOAT32")
