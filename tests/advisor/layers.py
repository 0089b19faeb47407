"""What public architectures are made of, as far as placement looks at it: operations, shapes and sizes of weights."""

from __future__ import annotations

from tests.advisor.net import Net


def linear(net: Net, x: str, outputs: int) -> str:
    *leading, inputs = net.shapes[x]
    return net("linear", *leading, outputs, x=x, weight=net.constant(outputs, inputs), bias=net.constant(outputs))


def norm(net: Net, x: str) -> str:
    size = net.shapes[x][-1]
    gamma, beta = net.constant(size), net.constant(size)
    return net("layer_norm", *net.shapes[x], x=x, axes=[-1], gamma=gamma, beta=beta, epsilon=1e-5)


def split_heads(net: Net, x: str, heads: int) -> str:
    batch, places, size = net.shapes[x]
    split = net("reshape", batch, places, heads, size // heads, x=x, shape=[batch, places or -1, heads, size // heads])
    return net("transpose", batch, heads, places, size // heads, x=split, perm=[0, 2, 1, 3])


def join_heads(net: Net, x: str) -> str:
    """The other way round."""
    batch, heads, places, size = net.shapes[x]
    back = net("transpose", batch, places, heads, size, x=x, perm=[0, 2, 1, 3])
    return net("reshape", batch, places, heads * size, x=back, shape=[batch, places or -1, heads * size])


def attention(net: Net, x: str, heads: int, mask: str = "") -> str:
    """Attention over all places, with a mask that is added or without."""
    batch, places, size = net.shapes[x]
    query, key, value = (split_heads(net, linear(net, x, size), heads) for _ in range(3))
    scores = net("matmul", batch, heads, places, places, x=query, y=key, transpose_y=True)
    scaled = net.like("mul", scores, y=0.125)
    weights = net.like("softmax", net.like("add", scaled, y=mask) if mask else scaled, axis=-1)
    return linear(net, join_heads(net, net("matmul", batch, heads, places, size // heads, x=weights, y=value)), size)


def layer(net: Net, x: str, heads: int, wide: int) -> str:
    size = net.shapes[x][-1]
    attended = norm(net, net("add", *net.shapes[x], x=x, y=attention(net, x, heads)))
    hidden = net("gelu", *net.shapes[x][:-1], wide, x=linear(net, attended, wide), mode="EXACT")
    return norm(net, net("add", *net.shapes[x], x=attended, y=linear(net, hidden, size)))


def convolution(net: Net, x: str, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> str:
    batch, inputs, height, width = net.shapes[x]
    weight = net.constant(outputs, inputs // groups, kernel, kernel)
    return net(
        "conv",
        batch,
        outputs,
        -(-height // stride),
        None if width is None else -(-width // stride),
        x=x,
        weight=weight,
        bias=net.constant(outputs),
        strides=[stride, stride],
        pad_type="same",
        groups=groups,
        dilations=[1, 1],
    )


def channel_norm(net: Net, x: str) -> str:
    """A layer_norm over channels, written out as the rewritten transformers do."""
    shape = net.shapes[x]
    one = (shape[0], 1, *shape[2:])
    centred = net("sub", *shape, x=x, y=net("reduce_mean", *one, x=x, axes=[1], keep_dims=True))
    square = net("square", *shape, x=centred)
    spread = net("rsqrt", *one, x=net("reduce_mean", *one, x=square, axes=[1], keep_dims=True), epsilon=1e-5)
    scaled = net("mul", *shape, x=net("mul", *shape, x=centred, y=spread), y=net.constant(1, shape[1], 1, 1))
    return net("add", *shape, x=scaled, y=net.constant(1, shape[1], 1, 1))


def rms(net: Net, x: str) -> str:
    shape = net.shapes[x]
    square = net("reduce_mean", *shape[:-1], 1, x=net("pow", *shape, x=x, y=2.0), axes=[-1], keep_dims=True)
    scale = net("rsqrt", *shape[:-1], 1, x=square, epsilon=1e-6)
    return net("mul", *shape, x=net("mul", *shape, x=x, y=scale), y=net.constant(shape[-1]))


def gated(net: Net, x: str, wide: int) -> str:
    """The two wide layers of which one is a gate, and a narrow one."""
    gate = net.like("silu", linear(net, x, wide))
    return linear(net, net.like("mul", gate, y=linear(net, x, wide)), net.shapes[x][-1])


def einsum_attention(net: Net, query: str, key: str, value: str, heads: int) -> str:
    """Attention of channels in the second place, one head at a time, as Apple's rewritten transformers do."""
    batch, size, _, places = net.shapes[query]
    each, others = size // heads, net.shapes[key][-1]
    across = net("transpose", batch, others, 1, size, x=key, perm=[0, 3, 2, 1])
    queries = net.several("split", [(batch, each, 1, places)] * heads, x=query, num_splits=heads, axis=1)
    keys = net.several("split", [(batch, others, 1, each)] * heads, x=across, num_splits=heads, axis=3)
    values = net.several("split", [(batch, each, 1, others)] * heads, x=value, num_splits=heads, axis=1)
    mixed = []
    for one, other, third in zip(queries, keys, values, strict=True):
        scores = net("einsum", batch, others, 1, places, values=[one, other], equation="nchw,nwhu->nuhw")
        weights = net.like("softmax", net.like("mul", scores, y=0.125), axis=1)
        mixed.append(net("einsum", batch, each, 1, places, values=[weights, third], equation="nchw,nuhc->nuhw"))
    return net("concat", batch, size, 1, places, values=mixed, axis=1, interleave=False)
