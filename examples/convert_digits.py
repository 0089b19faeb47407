"""Train a small network on handwritten digits and convert it to Core ML: models/digits.mlpackage.

The digits are real: the 1,797 images of 8 by 8 pixels that come with scikit-learn. A fifth of them is held
out of the training and saved as PNG files, so that the converted model can be tried on images it has never
seen.
"""

import argparse
import json
from pathlib import Path

import quiet  # noqa: F401  (first, so that what follows prints nothing)

# isort: split
import coremltools as ct
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 0
SHAPE = (1, 1, 8, 8)  # one grayscale image
SCALE = 1 / 255  # the pixels of an image go from 0 to 255, the network wants 0 to 1


def digits() -> tuple[np.ndarray, np.ndarray]:
    """All digits as 8-bit images, and what they show."""
    data = load_digits()
    pixels = np.rint(data.images * (255 / 16)).astype(np.uint8)  # scikit-learn counts from 0 to 16
    return pixels, data.target


def as_network_input(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).float().unsqueeze(1) * SCALE


def train(pixels: np.ndarray, labels: np.ndarray, epochs: int) -> nn.Module:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # for so small a network, more threads would only wait for each other
    network = nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 10),
    )
    images, targets = as_network_input(pixels), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            loss = nn.functional.cross_entropy(network(images[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    # A Core ML classifier answers with probabilities; eval() fixes batch norm to what it has learned.
    return nn.Sequential(network, nn.Softmax(dim=1)).eval()


def convert(network: nn.Module) -> ct.models.MLModel:
    traced = torch.jit.trace(network, torch.rand(SHAPE))
    return ct.convert(
        traced,
        inputs=[ct.ImageType(name="image", shape=SHAPE, scale=SCALE, color_layout=ct.colorlayout.GRAYSCALE)],
        outputs=[ct.TensorType(name="probabilities")],  # the classifier makes a label and a dictionary of it
        classifier_config=ct.ClassifierConfig([str(digit) for digit in range(10)]),
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT16,
    )


def write_images(folder: Path, pixels: np.ndarray, labels: np.ndarray, indices: np.ndarray) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index:04}_{labels[index]}.png" for index in indices]
    for path, index in zip(paths, indices, strict=True):
        Image.fromarray(pixels[index]).save(path)
    return paths


def count_correct(network: nn.Module, paths: list[Path]) -> int:
    """How many of the PNG files the PyTorch network reads right; the name of each ends with the answer."""
    pixels = np.stack([np.asarray(Image.open(path)) for path in paths])
    answers = torch.tensor([int(path.stem.split("_")[1]) for path in paths])
    with torch.no_grad():
        guesses = network(as_network_input(pixels)).argmax(dim=1)
    return int((guesses == answers).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("models/digits.mlpackage"))
    parser.add_argument("--images", type=Path, default=Path("models/digits"), help="folder for held-out digits")
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()

    pixels, labels = digits()
    training, held_out = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=SEED, stratify=labels)
    print(f"Training on {len(training)} digits ...", flush=True)
    network = train(pixels[training], labels[training], options.epochs)

    paths = write_images(options.images, pixels, labels, np.sort(held_out))
    correct = count_correct(network, paths)
    accuracy = {"correct": correct, "images": len(paths), "accuracy": correct / len(paths)}
    (options.images / "accuracy.json").write_text(json.dumps(accuracy, indent=2) + "\n", encoding="utf-8")
    print(f"PyTorch reads {correct} of {len(paths)} held-out digits right ({correct / len(paths):.1%}).")

    options.output.parent.mkdir(parents=True, exist_ok=True)
    convert(network).save(str(options.output))
    print(f"Saved {options.output} and the held-out digits in {options.images}")


if __name__ == "__main__":
    main()
