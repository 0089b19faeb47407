"""Networks of speech, as far as placement looks at them: operations, shapes and sizes of weights."""

from __future__ import annotations

from typing import NamedTuple

from tensorlogic.mil.program import Function
from tests.advisor.layers import attention, convolution, join_heads, linear, norm, split_heads
from tests.advisor.net import Net


def lstm() -> Function:
    """A detector of speech: two recurrent layers over a spectrum."""
    net = Net()
    x = net.input(100, 1, 64)
    for _ in range(2):
        x = net.several(
            "lstm",
            [(100, 1, 128), (1, 128), (1, 128)],
            x=x,
            initial_h=net.constant(1, 128),
            initial_c=net.constant(1, 128),
            weight_ih=net.constant(512, net.shapes[x][-1]),
            weight_hh=net.constant(512, 128),
            output_sequence=True,
        )[0]
    return net.function(net("sigmoid", 100, 1, 1, x=linear(net, x, 1)))


class Conformer(NamedTuple):
    """An encoder of speech: `places` are those after the stack of strided convolutions."""

    layers: int
    size: int
    heads: int
    kernel: int
    places: int
    halvings: int


GIGAAM = Conformer(16, 768, 16, 5, 256, 2)
CTC = Conformer(18, 512, 8, 9, 188, 3)
PARAKEET = Conformer(24, 1024, 8, 9, 188, 3)


def transducer() -> Function:
    """What follows Parakeet's encoder, for one token: two recurrent layers of 640, and scores."""
    net = Net()
    ids = net.input(1, 1, dtype="int32")
    x = net("gather", 1, 1, 640, x=net.constant(8193, 640), indices=ids, axis=0)
    x = net("transpose", 1, 1, 640, x=x, perm=[1, 0, 2])
    held = [_layers(net, net.input(2, 1, 640)) for _ in range(2)]
    for hidden, cell in zip(*held, strict=True):
        x = net.several("lstm", [(1, 1, 640), (1, 640), (1, 640)], x=x, initial_h=hidden, initial_c=cell)[0]
    predicted = linear(net, net("transpose", 1, 1, 640, x=x, perm=[1, 0, 2]), 640)
    heard = linear(net, net("transpose", 1, 1, 1024, x=net.input(1, 1024, 1), perm=[0, 2, 1]), 640)
    scores = linear(net, net.like("relu", net.like("add", heard, y=predicted)), 8198)
    tokens, durations = net.several("split", [(1, 1, 8193), (1, 1, 5)], x=scores, split_sizes=[8193, 5], axis=2)
    best = (net("reduce_argmax", 1, 1, dtype="int32", x=each, axis=2, keep_dims=False) for each in (tokens, durations))
    return net.function(*best)


def _layers(net: Net, x: str) -> list[str]:
    each = net.several("split", [(1, 1, 640)] * 2, x=x, num_splits=2, axis=0)
    return [net("squeeze", 1, 640, x=one, axes=[0]) for one in each]


def albert() -> Function:
    """ALBERT for sounds of speech: embeddings of 128, and 12 layers of 768 over 128 places, with a mask."""
    net = Net()
    ids, given = (net.input(1, 128, dtype="int32") for _ in range(2))
    words = net("gather", 1, 128, 128, x=net.constant(178, 128), indices=ids, axis=0)
    x = linear(net, norm(net, net.like("add", words, y=net.constant(1, 128, 128))), 768)
    kept = net("expand_dims", 1, 1, 1, 128, x=net("cast", 1, 128, x=given), axes=[1, 2])
    mask = net.like("mul", net("sub", 1, 1, 1, 128, x=1.0, y=kept), y=-1e4)
    for _ in range(12):
        x = norm(net, net.like("add", x, y=attention(net, x, 12, mask)))
        hidden = net.like("gelu", linear(net, x, 2048), mode="TANH_APPROXIMATION")
        x = norm(net, net.like("add", x, y=linear(net, hidden, 768)))
    return net.function(x)


def conformer(of: Conformer) -> Function:
    """Layers of attention and depthwise convolution, between two halves of what widens."""
    net = Net()
    x = net.input(1, 1, of.places * 2**of.halvings, 80)
    for _ in range(of.halvings):
        x = net.like("relu", convolution(net, x, 256, 3, 2))
    _, channels, places, bands = net.shapes[x]
    together = (channels or 0) * (bands or 0)
    swapped = net("transpose", 1, places, channels, bands, x=x, perm=[0, 2, 1, 3])
    x = linear(net, net("reshape", 1, places, together, x=swapped, shape=[1, -1, together]), of.size)
    for _ in range(of.layers):
        x = _half(net, x)
        x = net.like("add", x, y=_relative_attention(net, norm(net, x), of.heads))
        x = net.like("add", x, y=_mixing(net, norm(net, x), of.kernel))
        x = norm(net, _half(net, x))
    return net.function(x)


def _half(net: Net, x: str) -> str:
    size = net.shapes[x][-1] or 0
    hidden = net.like("silu", linear(net, norm(net, x), 4 * size))
    return net.like("add", x, y=net.like("mul", linear(net, hidden, size), y=0.5))


def _relative_attention(net: Net, x: str, heads: int) -> str:
    _, places, size = net.shapes[x]
    assert places and size
    query, key, value = (split_heads(net, linear(net, x, size), heads) for _ in range(3))
    far = net.constant(1, heads, 2 * places - 1, size // heads)
    by_place = net("matmul", 1, heads, places, 2 * places - 1, x=query, y=far, transpose_y=True)
    padded = net("pad", 1, heads, places, 2 * places, x=by_place, pad=[0, 0, 0, 0, 0, 0, 1, 0], mode="constant")
    turned = net("reshape", 1, heads, 2 * places, places, x=padded, shape=[1, heads, -1, places])
    rest = net("slice_by_index", 1, heads, 2 * places - 1, places, x=turned, begin=[0, 0, 1, 0])
    back = net("reshape", 1, heads, places, 2 * places - 1, x=rest, shape=[1, heads, places, -1])
    near = net("slice_by_index", 1, heads, places, places, x=back, begin=[0, 0, 0, 0])
    scores = net("matmul", 1, heads, places, places, x=query, y=key, transpose_y=True)
    weights = net.like("softmax", net.like("mul", net.like("add", scores, y=near), y=0.125), axis=-1)
    mixed = net("matmul", 1, heads, places, size // heads, x=weights, y=value)
    return linear(net, join_heads(net, mixed), size)


def _mixing(net: Net, x: str, kernel: int) -> str:
    _, places, size = net.shapes[x]
    assert size
    wide = linear(net, x, 2 * size)
    half, gate = net.several("split", [(1, places, size)] * 2, x=wide, num_splits=2, axis=2)
    gated = net.like("mul", half, y=net.like("sigmoid", gate))
    swapped = net("transpose", 1, size, places, x=gated, perm=[0, 2, 1])
    taps = net.constant(size, 1, kernel)
    mixed = net.like("silu", net.like("conv", swapped, weight=taps, groups=size, strides=[1], pad_type="same"))
    return linear(net, net("transpose", 1, places, size, x=mixed, perm=[0, 2, 1]), size)


def front_end() -> Function:
    """80 bands of the spectrum of 15 seconds: 240,000 samples through a convolution that is a Fourier transform."""
    net = Net()
    weight = net.constant(514, 1, 512)
    waves = net("conv", 1, 514, 1500, x=net.input(1, 1, 240000), weight=weight, strides=[160], pad_type="same")
    parts = net.several("split", [(1, 257, 1500)] * 2, x=waves, num_splits=2, axis=1)
    real, imaginary = (net.like("square", each) for each in parts)
    bands = net("matmul", 1, 80, 1500, x=net.constant(80, 257), y=net.like("add", real, y=imaginary))
    return net.function(net.like("log", net.like("add", bands, y=1e-5)))
