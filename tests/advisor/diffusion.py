"""The network of Stable Diffusion, as far as placement looks at it: operations, shapes and sizes of weights."""

from __future__ import annotations

from tensorlogic.mil.program import Function
from tests.advisor.layers import channel_norm, convolution, einsum_attention
from tests.advisor.net import Net, Shape


def diffusion() -> Function:
    """The network of Stable Diffusion 1.4 in Apple's rewriting: two samples of 64 x 64, one head at a time."""
    net = Net()
    context, time = net.input(2, 768, 1, 77), _time(net)
    x = convolution(net, net.input(2, 4, 64, 64), 320, 3)
    kept = [x]
    for channels in (320, 640, 1280, 1280):
        for _ in range(2):
            x = _block(net, x, channels, time, context, is_attending=len(kept) < 9)
            kept.append(x)
        if len(kept) < 12:
            x = convolution(net, x, channels, 3, 2)
            kept.append(x)
    x = _block(net, x, 1280, time, context, is_attending=True)
    x = _residual(net, x, 1280, time)
    for channels in (1280, 1280, 640, 320):
        for _ in range(3):
            other = kept.pop()
            batch, first, height, width = net.shapes[x]
            both = (first or 0) + (net.shapes[other][1] or 0)
            x = net("concat", batch, both, height, width, values=[x, other], axis=1, interleave=False)
            x = _block(net, x, channels, time, context, is_attending=len(kept) < 9)
        if kept:
            batch, _, height, width = net.shapes[x]
            larger = (batch, channels, 2 * (height or 0), 2 * (width or 0))
            x = net("upsample_nearest_neighbor", *larger, x=x, scale_factor_height=2.0, scale_factor_width=2.0)
            x = convolution(net, x, channels, 3)
    return net.function(convolution(net, net.like("silu", _group_norm(net, x)), 4, 3))


def _time(net: Net) -> str:
    steps = net("expand_dims", 2, 1, x=net.input(2), axes=[1])
    angles = net("mul", 2, 160, x=steps, y=net.constant(1, 160))
    waves = [net.like("cos", angles), net.like("sin", angles)]
    both = net("concat", 2, 320, values=waves, axis=1, interleave=False)
    square = net("expand_dims", 2, 320, 1, 1, x=both, axes=[2, 3])
    return net.like("silu", convolution(net, net.like("silu", convolution(net, square, 1280)), 1280))


def _block(net: Net, x: str, channels: int, time: str, context: str, is_attending: bool) -> str:
    x = _residual(net, x, channels, time)
    return _transformer(net, x, context) if is_attending else x


def _group_norm(net: Net, x: str) -> str:
    batch, channels, height, width = net.shapes[x]
    assert channels and height and width
    split = net("reshape", batch, 32, channels // 32, height, width, x=x, shape=[2, 32, channels // 32, height, width])
    one = (batch, 32, 1, 1, 1)
    centred = net.like("sub", split, y=net("reduce_mean", *one, x=split, axes=[2, 3, 4], keep_dims=True))
    square = net("reduce_mean", *one, x=net.like("square", centred), axes=[2, 3, 4], keep_dims=True)
    scaled = net.like("real_div", centred, y=net.like("sqrt", net.like("add", square, y=1e-5)))
    whole = net("reshape", *net.shapes[x], x=scaled, shape=list(net.shapes[x]))
    return net.like("add", net.like("mul", whole, y=net.constant(1, channels, 1, 1)), y=net.constant(1, channels, 1, 1))


def _residual(net: Net, x: str, channels: int, time: str) -> str:
    hidden = convolution(net, net.like("silu", _group_norm(net, x)), channels, 3)
    hidden = net.like("add", hidden, y=convolution(net, time, channels))
    hidden = convolution(net, net.like("silu", _group_norm(net, hidden)), channels, 3)
    return net.like("add", hidden, y=x if net.shapes[x][1] == channels else convolution(net, x, channels))


def _transformer(net: Net, x: str, context: str) -> str:
    batch, channels, height, width = net.shapes[x]
    assert channels and height and width
    before = convolution(net, _group_norm(net, x), channels)
    flat = net("reshape", batch, channels, 1, height * width, x=before, shape=[batch, channels, 1, -1])
    for other in ("", context):
        normed = channel_norm(net, flat)
        source = other or normed
        query, key, value = (convolution(net, each, channels) for each in (normed, source, source))
        mixed = convolution(net, einsum_attention(net, query, key, value, 8), channels)
        flat = net.like("add", flat, y=mixed)
    wide = convolution(net, channel_norm(net, flat), 8 * channels)
    half: Shape = (batch, 4 * channels, 1, height * width)
    hidden, gate = net.several("split", [half, half], x=wide, num_splits=2, axis=1)
    gated = net.like("mul", hidden, y=net.like("gelu", gate, mode="EXACT"))
    flat = net.like("add", flat, y=convolution(net, gated, channels))
    square = net("reshape", *net.shapes[x], x=flat, shape=list(net.shapes[x]))
    return net.like("add", x, y=convolution(net, square, channels))
