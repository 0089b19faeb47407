"""Convert PyTorch's ResNet-50 to a Core ML model: models/resnet50.mlpackage.

The weights are random, which is enough to time a model. For one that recognises things, load trained
weights where `resnet50()` makes the network; nothing else changes.
"""

import argparse
from pathlib import Path

import quiet  # noqa: F401  (first, so that what follows prints nothing)

# isort: split
import coremltools as ct
import torch
from transformers import ResNetConfig, ResNetForImageClassification

SHAPE = (
    1,
    3,
    224,
    224,
)  # one RGB image: a batch of 1 and fixed sizes are what the Neural Engine is fastest at

# Core ML images have pixels from 0 to 255, and the network wants (pixel / 255 - mean) / deviation.
# Core ML computes pixel * scale + bias, with one scale for all three colours: that of the mean deviation.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
SCALE = 1 / (255 * sum(DEVIATION) / 3)
BIAS = [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)]


def resnet50() -> torch.nn.Module:
    torch.manual_seed(0)
    network = ResNetForImageClassification(ResNetConfig(num_labels=1000, return_dict=False))
    return network.eval()  # without eval(), batch norm would go on learning


def convert(network: torch.nn.Module, precision: str) -> ct.models.MLModel:
    traced = torch.jit.trace(network, torch.rand(SHAPE))
    return ct.convert(
        traced,
        inputs=[ct.ImageType(name="image", shape=SHAPE, scale=SCALE, bias=BIAS)],
        outputs=[ct.TensorType(name="logits")],
        convert_to="mlprogram",
        compute_precision=ct.precision[precision],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("models/resnet50.mlpackage"))
    parser.add_argument(
        "--precision",
        choices=["FLOAT16", "FLOAT32"],
        default="FLOAT16",
        help="FLOAT16 is what the Neural Engine computes in; FLOAT32 goes to the GPU (default: %(default)s)",
    )
    options = parser.parse_args()

    print(f"Converting ResNet-50 to {options.precision} ...", flush=True)
    model = convert(resnet50(), options.precision)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    model.save(str(options.output))
    print(f"Saved {options.output}")


if __name__ == "__main__":
    main()
