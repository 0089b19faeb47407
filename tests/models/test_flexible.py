"""Networks whose inputs have several sizes give the numbers of their PyTorch source at each, one after the other."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import tensorlogic as tl
from tensorlogic.errors import codes


class Encoder(nn.Module):
    """Token and position embeddings, and a layer of attention: whole numbers in, sizes looked up everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(32, 16)
        self.query_key_value, self.out, self.norm = nn.Linear(16, 48), nn.Linear(16, 16), nn.LayerNorm(16)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length = tokens.shape
        x = self.words(tokens) + self.places(torch.arange(length))
        parts = self.query_key_value(self.norm(x)).view(batch, length, 3, 4, 4).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(parts[0] @ parts[1].transpose(-1, -2) / 2, -1)
        return x + self.out((weights @ parts[2]).transpose(1, 2).reshape(batch, length, 16))


class Recurrent(nn.Module):
    """Every step of a sequence, and the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 5, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        steps, (hidden, _) = self.lstm(x)
        return steps, hidden


class Halves(nn.Module):
    """Slices, padding, tiling and joining by the size of the input."""

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[1] // 2
        padded = nn.functional.pad(x[:, :half], (1, 2))
        positions = torch.arange(x.shape[1]).float() * 0.5
        return torch.cat([padded, x[:, half:] * 2, (x + positions).mean(1, keepdim=True).expand(-1, 3)], 1)


class Pairs(nn.Module):
    """Every combination of two sequences of different lengths."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x[:, None] * y[None], (x[:, None] - y[None]).abs()], -1).flatten(1)


class Positive(nn.Module):
    """Where the elements above zero are: a size that only the values decide."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.nonzero(x > 0)


def convolutional() -> nn.Module:
    """Strides, pooling, and a mean over all places."""
    layers = [nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Conv2d(8, 4, 3, padding="same"), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def dense() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 7), nn.GELU(), nn.Linear(7, 3), nn.Softmax(-1))


Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """A network, its inputs (a size may be a range; a list of shapes is a choice), and the sizes to run it at."""

    name: str
    module: nn.Module
    opset: int
    inputs: Sequence[Any]
    sizes: Sequence[Sequence[Sizes]]
    whole: bool = False


ANY = range(1, 65)
NETWORKS = [
    Network("convolutions", convolutional(), 15, [(1, 3, ANY, ANY)], [[(1, 3, 16, 16)], [(1, 3, 9, 31)]]),
    Network("chosen", convolutional(), 15, [[(1, 3, 16, 16), (1, 3, 8, 24)]], [[(1, 3, 16, 16)], [(1, 3, 8, 24)]]),
    Network("chosen 18", convolutional(), 18, [[(1, 3, 16, 16), (2, 3, 8, 9)]], [[(1, 3, 16, 16)], [(2, 3, 8, 9)]]),
    Network("batches", dense(), 16, [(ANY, 3, 4)], [[(1, 3, 4)], [(5, 3, 4)]]),
    Network("encoder", Encoder(), 17, [(ANY, range(1, 33))], [[(1, 7)], [(3, 32)], [(2, 1)]], whole=True),
    Network("recurrent", Recurrent(), 15, [(1, ANY, 6)], [[(1, 3, 6)], [(1, 20, 6)], [(1, 1, 6)]]),
    Network("halves", Halves(), 16, [(2, ANY)], [[(2, 6)], [(2, 9)], [(2, 64)]]),
    Network("pairs", Pairs(), 18, [(ANY, 2), (ANY, 2)], [[(3, 2), (5, 2)], [(1, 2), (64, 2)]]),
    Network("pairs, chosen", Pairs(), 18, [[(3, 2), (4, 2)], [(5, 2), (1, 2)]], [[(3, 2), (5, 2)], [(4, 2), (1, 2)]]),
    Network("positive", Positive(), 15, [(ANY, 4)], [[(3, 4)], [(30, 4)]]),
]


def convert(network: Network, path: Path, images: bool = False) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct

        def size(given: Any) -> Any:
            return (
                ct.RangeDim(given.start, given.stop - 1, default=given.start + 2) if isinstance(given, range) else given
            )

        def shape(given: Any) -> Any:
            return ct.EnumeratedShapes(given) if isinstance(given, list) else ct.Shape(tuple(map(size, given)))

        examples = tuple(example(sizes, network) for sizes in network.sizes[0])
        kinds = {"dtype": np.int32 if network.whole else np.float32}
        inputs = [
            ct.ImageType(name="x", shape=shape(each))
            if images
            else ct.TensorType(name="xy"[i], shape=shape(each), **kinds)
            for i, each in enumerate(network.inputs)
        ]
        ct.convert(
            torch.jit.trace(network.module.eval(), examples),
            inputs=inputs,
            minimum_deployment_target=getattr(ct.target, f"iOS{network.opset}"),
            compute_precision=ct.precision.FLOAT32,
            skip_model_load=True,
        ).save(str(path))


def example(sizes: Sizes, network: Network) -> Tensor:
    return torch.randint(0, 50, sizes) if network.whole else torch.randn(sizes)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_every_size(network: Network, tmp_path: Path) -> None:
    torch.manual_seed(5)
    convert(network, tmp_path / "flexible.mlpackage")
    model = tl.load_model(tmp_path / "flexible.mlpackage")
    for sizes in [*network.sizes, *network.sizes]:
        given = [example(each, network) for each in sizes]
        with torch.inference_mode():
            want = network.module(*given)
        got = list(model.predict(*given).values())
        for result, correct in zip(got, want if isinstance(want, tuple) else (want,), strict=True):
            np.testing.assert_allclose(result, correct, rtol=1e-4, atol=1e-5)


def test_pictures_of_every_size(tmp_path: Path) -> None:
    network = Network("pictures", convolutional(), 15, [(1, 3, range(8, 65), range(8, 65))], [[(1, 3, 16, 16)]])
    convert(network, tmp_path / "pictures.mlpackage", images=True)
    model = tl.load_model(tmp_path / "pictures.mlpackage")
    assert str(model.inputs[0]) == "x: RGB image [8..64, 8..64]"
    for height, width in [(8, 64), (33, 17)]:
        pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
        with torch.inference_mode():
            want = network.module(torch.tensor(pixels).permute(2, 0, 1)[None].float())
        (got,) = model.predict(Image.fromarray(pixels)).values()
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-3)
    with pytest.raises(tl.TensorLogicError, match=r"takes \[8..64, 8..64\].*size: \[64, 8\]") as caught:
        model.predict(Image.new("RGB", (3, 100)))
    assert caught.value.code == codes.WRONG_SHAPE
