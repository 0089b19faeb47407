"""Write the weights of PyTorch's transformer layer, a text of random words and what the layer makes of it.

models/transformer.safetensors is for transformer.tl, which computes the same. For weights that know something, put
those of a layer that you have trained in their place.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

WIDTH, HEADS, INNER, WORDS = 32, 4, 64, 10


def layer() -> torch.nn.TransformerEncoderLayer:
    """A layer in which nothing is 0 or 1, as biases and normalization are before training."""
    torch.manual_seed(0)
    made = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, batch_first=True).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("models/transformer.safetensors"))
    options = parser.parse_args()
    network = layer()
    text = torch.randn(WORDS, WIDTH)
    with torch.no_grad():
        result = network(text.unsqueeze(0)).squeeze(0)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    save_file({**weights, "text": text, "result": result}, options.output)
    print(f"Saved {options.output}")


if __name__ == "__main__":
    main()
