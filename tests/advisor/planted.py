"""Networks with something planted that f16 does not hold, one function each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.saving import save

LENGTH = 300
MIDDLE = 150
WIDTH = 16


def write(
    path: Path, network: Callable[[Any, Any], Any], shape: tuple[int, ...] = (1, WIDTH), f16: bool = True
) -> None:
    """Save what `network` builds of coremltools' builder and an input ``x``, of a shape, in FLOAT16 or FLOAT32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

        @mb.program(input_specs=[mb.TensorSpec(shape)], opset_version=ct.target.iOS15)
        def program(x):
            return network(mb, x)

        save(program, path, "FLOAT16" if f16 else "FLOAT32")


def chain(planted: Callable[[Any, Any], Any] = lambda mb, x: x) -> Callable[[Any, Any], Any]:
    """Three hundred operations that change little, with others planted in the middle."""

    def network(mb: Any, x: Any) -> Any:
        for index in range(LENGTH):
            x = planted(mb, x) if index == MIDDLE else x
            other = np.linspace(0.9, 1.1, WIDTH).astype(np.float32)
            x = mb.mul(x=x, y=other) if index % 2 else mb.sin(x=x)
        return mb.softmax(x=x, axis=-1, name="y")

    return network


def overflow(mb: Any, x: Any) -> Any:
    """About 1e5, which f16 does not hold."""
    large = mb.mul(x=mb.mul(x=mb.add(x=x, y=np.float32(1)), y=np.float32(300)), y=np.float32(400), name="planted")
    return mb.mul(x=large, y=np.float32(1e-5))


def vanishing_ratio(mb: Any, x: Any) -> Any:
    """A ratio of two numbers of which nothing is left in f16: 0/0."""
    one = mb.mul(x=mb.mul(x=mb.add(x=x, y=np.float32(1)), y=np.float32(1e-4)), y=np.float32(1e-5), name="vanished")
    return mb.real_div(x=one, y=one, name="planted")


def infinite_difference(mb: Any, x: Any) -> Any:
    """inf - inf, in f32 too."""
    infinite = mb.log(x=mb.mul(x=x, y=np.zeros(WIDTH, np.float32)), epsilon=np.float32(0))
    return mb.sub(x=infinite, y=infinite, name="planted")


def underflow(mb: Any, x: Any) -> Any:
    """About 1e-9, which is zero in f16."""
    small = mb.mul(x=mb.mul(x=mb.add(x=x, y=np.float32(1)), y=np.float32(1e-4)), y=np.float32(1e-5), name="planted")
    return mb.mul(x=mb.mul(x=small, y=np.float32(1e4)), y=np.float32(1e4))


def cancellation(mb: Any, x: Any) -> Any:
    """A small difference of large numbers."""
    far = mb.add(x=mb.mul(x=x, y=np.float32(0.1)), y=np.float32(1000))
    return mb.mul(x=mb.sub(x=far, y=np.float32(1000), name="planted"), y=np.float32(10))


def flip(mb: Any, x: Any) -> Any:
    """Two scores that f16 does not tell apart: 2048 and 2049, of which the second leads in f32."""
    weight = np.zeros((3, WIDTH), np.float32)
    weight[:, 0] = 2048, 2048, 1
    return mb.linear(x=x, weight=weight, bias=np.array([0, 1, 0], np.float32), name="scores")
