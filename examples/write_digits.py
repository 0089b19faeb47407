"""Write scikit-learn's handwritten digits as tensors: data/digits.safetensors, for learn_digits.tl.

These are 1,797 images of 8 by 8 pixels, from 0 (white) to 1. A fifth of them is held out: nothing is learned from it.
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("data/digits.safetensors"))
    options = parser.parse_args()
    data = load_digits()
    images, labels = (data.data / 16).astype(np.float32), data.target.astype(np.int64)
    parts = train_test_split(images, labels, test_size=0.2, random_state=SEED, stratify=labels)
    names = ("images", "held_out_images", "labels", "held_out_labels")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(part) for name, part in zip(names, parts, strict=True)}, options.output)
    print(f"Saved {len(images)} digits to {options.output}")


if __name__ == "__main__":
    main()
