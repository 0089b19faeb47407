"""A small network whose weights coremltools compresses."""

from __future__ import annotations

from typing import Any

import numpy as np

X = np.random.default_rng(1).standard_normal((1, 8, 6, 6)).astype(np.float32)

Step = tuple[str, str, dict[str, Any]]
"""A function of coremltools, the class of its options, and the options."""


def palettize(nbits: int, **options: Any) -> Step:
    # Uniform palettes are found at once.
    return "palettize_weights", "OpPalettizerConfig", {"mode": "uniform", "nbits": nbits, **options}


def cluster(nbits: int, size: int) -> Step:
    return palettize(nbits, mode="kmeans", cluster_dim=size)


def quantize(dtype: str, **options: Any) -> Step:
    return "linear_quantize_weights", "OpLinearQuantizerConfig", {"dtype": dtype, **options}


PRUNE: Step = ("prune_weights", "OpMagnitudePrunerConfig", {"target_sparsity": 0.6})
ASYMMETRIC = {"mode": "linear"}
WHOLE = {"granularity": "per_tensor"}
GROUPS = {"granularity": "per_grouped_channel", "group_size": 8}
BLOCKS = {"granularity": "per_block", "block_size": 4}


def convert(release: str) -> Any:
    """A convolution and a linear layer, for a release such as ``iOS18``."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

    rng, target = np.random.default_rng(0), getattr(ct.target, release)

    @mb.program(input_specs=[mb.TensorSpec(X.shape)], opset_version=target)
    def program(x):
        convolved = mb.conv(x=x, weight=rng.standard_normal((32, 8, 3, 3)).astype(np.float32))
        flat = mb.reshape(x=convolved, shape=(1, 512))
        return mb.linear(x=flat, weight=rng.standard_normal((32, 512)).astype(np.float32), name="y")

    return ct.convert(program, convert_to="mlprogram", minimum_deployment_target=target, skip_model_load=True)


def compress(model: Any, steps: tuple[Step, ...]) -> Any:
    """The same with its weights compressed, step by step."""
    import coremltools.optimize.coreml as cto

    for index, (function, options_of, options) in enumerate(steps):
        config = cto.OptimizationConfig(getattr(cto, options_of)(**options))
        model = getattr(cto, function)(model, config, joint_compression=index > 0)
    return model
