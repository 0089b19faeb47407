"""Networks of the benchmark that no library brings."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Put = Callable[[int, Tensor], Tensor]


class UNet(nn.Module):
    """The usual U-Net: four levels of two convolutions with batch norm each way, joined across."""

    def __init__(self, channels: int = 16, classes: int = 2, levels: int = 4) -> None:
        super().__init__()
        widths = [channels << level for level in range(levels + 1)]
        self.down = nn.ModuleList(_twice(a, b) for a, b in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in widths[:-1])
        self.join = nn.ModuleList(_twice(2 * w, w) for w in widths[:-1])
        self.classify = nn.Conv2d(channels, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores of every pixel."""
        passed = []
        for level, down in enumerate(self.down):
            x = down(nn.functional.max_pool2d(x, 2) if level else x)
            passed.append(x)
        x = passed.pop()
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            x = join(torch.cat([passed.pop(), up(x)], 1))
        return self.classify(x)


def _twice(inputs: int, outputs: int) -> nn.Module:
    convolutions = []
    for count in (inputs, outputs):
        convolutions += [nn.Conv2d(count, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*convolutions)


class Decoder(nn.Module):
    """GPT-2's shape, a token a step. Keys and values of the steps before are inputs, and come back with this one's.

    The caches have `context` places; a step fills the one at its position.
    """

    def __init__(
        self, layers: int = 12, width: int = 768, heads: int = 12, context: int = 256, words: int = 50257
    ) -> None:
        super().__init__()
        self.cache = (1, heads, context, width // heads)
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(context, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.words.weight, std=0.02)  # it also makes the logits, as in GPT-2
        nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, token: Tensor, position: Tensor, *caches: Tensor) -> tuple[Tensor, ...]:
        """Logits [1, 1, words] of a token [1, 1] at a position [1], and the caches: keys and values of each layer."""
        kept: list[Tensor] = []

        def put(i: int, new: Tensor) -> Tensor:
            kept.append(caches[i].scatter(2, position.long().expand(new.shape), new))
            return kept[i]

        return self.step(token, position, put), *kept

    def step(self, token: Tensor, position: Tensor, put: Put) -> Tensor:
        """The logits. `put` writes into a cache at the position, and gives the whole of it."""
        x = self.words(token) + self.places(position)
        places = torch.arange(self.cache[2], dtype=torch.int32, device=token.device)
        mask = torch.where(places <= position, 0.0, -1e4).to(x.dtype)[None, None, None]
        for i, layer in enumerate(self.layers):
            x = layer(x, mask, lambda j, new, i=i: put(2 * i + j, new))
        return nn.functional.linear(self.norm(x), self.words.weight)


class Layer(nn.Module):
    """A decoder layer of GPT-2."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.split = (1, 1, heads, width // heads)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor, put: Put) -> Tensor:
        """The next layer's input [1, 1, width]; `put` takes 0 for keys and 1 for values."""
        query, key, value = (part.view(self.split).transpose(1, 2) for part in self.attend(self.before(x)).chunk(3, -1))
        attended = nn.functional.scaled_dot_product_attention(query, put(0, key), put(1, value), attn_mask=mask)
        x = x + self.project(attended.transpose(1, 2).reshape(x.shape))
        return x + self.narrow(nn.functional.gelu(self.widen(self.between(x)), approximate="tanh"))


class WithStates(nn.Module):
    """A decoder that keeps its caches: what Core ML's converter makes states of."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder
        for i in range(2 * len(decoder.layers)):
            self.register_buffer(f"cache_{i}", torch.zeros(decoder.cache))

    def forward(self, token: Tensor, position: Tensor) -> Tensor:
        """Logits; see `Decoder.step`."""

        def put(i: int, new: Tensor) -> Tensor:
            cache = self.get_buffer(f"cache_{i}")
            cache[:, :, position[0] : position[0] + 1] = new
            return cache

        return self.decoder.step(token, position, put)
