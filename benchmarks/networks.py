"""The networks that are measured: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.models.networks import FULL, FirstOutput, TaggingLSTM, crepe, mobilenet_v2, train_briefly
from torch import nn

from benchmarks import sources
from benchmarks.modules import Decoder, UNet

Step = tuple[np.ndarray, ...]
"""Inputs of one prediction, in the order in which the network takes them."""

MakeOnnx = Callable[["Network", nn.Module | None, int, Path], None]
MakePackage = Callable[["Network", nn.Module | None, int, str, Path], None]


def _nothing() -> Step:
    return ()


@dataclass(frozen=True)
class Network:
    """A network, what it is fed, and where its files come from."""

    name: str
    title: str
    inputs: Callable[[int], list[Step]]
    """The predictions of one round after another, for a batch size."""
    build: Callable[[], nn.Module] | None
    """The source in PyTorch, with random weights unless it brings its own; None where ONNX is the source."""
    train: Callable[[nn.Module], nn.Module] = nn.Module.eval
    """What is done to the random weights, once."""
    memory: Callable[[], Step] = _nothing
    """What is given after the inputs and comes back after the outputs, from one prediction to the next."""
    export: MakeOnnx = sources.export
    convert: MakePackage = sources.convert
    batches: tuple[int, ...] = (1, 8)


def _random(*shape: int) -> Callable[[int], list[Step]]:
    return lambda batch: [(np.random.default_rng(0).random((batch, *shape), np.float32),)]


def _smooth_image(batch: int) -> list[Step]:
    """Blots of colour: what an image is more like than noise, to a network that has been trained."""
    coarse = np.random.default_rng(0).random((batch, 3, 8, 8), np.float32) * 2 - 1
    return [(coarse.repeat(28, 2).repeat(28, 3),)]


def _words(batch: int) -> list[Step]:
    return [(np.random.default_rng(0).integers(0, 30000, (batch, 128), np.int32),)]


def _tokens(batch: int) -> list[Step]:
    tokens = np.random.default_rng(0).integers(0, 50257, 8, np.int32)
    return [(np.full((batch, 1), token, np.int32), np.array([i], np.int32)) for i, token in enumerate(tokens)]


def _chord(length: int, rate: float, *shape: int) -> Callable[[int], list[Step]]:
    """Three tones and a little noise, of unit deviation."""
    time = np.arange(length) / rate
    sound = sum(np.sin(2 * np.pi * f * time) for f in (220, 277.2, 329.6)) + np.random.default_rng(0).normal(
        0, 0.1, length
    )
    one = (sound / sound.std()).astype(np.float32).reshape(1, *shape)
    return lambda batch: [(one.repeat(batch, 0),)]


def _whisper() -> nn.Module:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    tiny = {"d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536}
    return FirstOutput(WhisperEncoder(WhisperConfig(**tiny)))


def _caches() -> Step:
    return tuple(np.zeros((1, 12, 256, 64), np.float32) for _ in range(2 * 12))


_FULL = {network.name: network.build for network in FULL}

NETWORKS = (
    Network("resnet50", "ResNet-50", _random(3, 224, 224), _FULL["resnet50"]),
    Network("mobilenet_v2", "MobileNetV2", _smooth_image, mobilenet_v2, train_briefly),
    Network("convnext_t", "ConvNeXt-T", _random(3, 224, 224), _FULL["convnext_t"]),
    Network("vit_b16", "ViT-B/16", _random(3, 224, 224), _FULL["vit_b16"]),
    Network("distilbert", "DistilBERT (128 tokens)", _words, _FULL["distilbert"]),
    Network("bilstm", "LSTM (2 layers both ways)", _random(100, 128), lambda: TaggingLSTM(128, 256)),
    Network("unet", "U-Net (256 x 256)", _random(3, 256, 256), UNet),
    Network("whisper", "Whisper tiny's encoder", _random(80, 3000), _whisper),
    Network(
        "gpt2", "GPT-2 (a token a step)", _tokens, Decoder,
        memory=_caches, convert=sources.convert_stateful, batches=(1,),
    ),
    Network(
        "basic_pitch", "basic-pitch", _chord(43844, 22050, 43844, 1), None,
        export=sources.published_pitch_onnx, convert=sources.published_pitch, batches=(1,),
    ),
    Network(
        "crepe", "CREPE full", _chord(1024, 16000, 1024), lambda: crepe("full"), convert=sources.published_crepe
    ),
)  # fmt: skip


def network(name: str) -> Network:
    """The row called `name`."""
    return next(row for row in NETWORKS if row.name == name)
