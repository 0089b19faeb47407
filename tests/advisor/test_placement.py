"""Where operations are expected to run, against what others saw on devices: the cases of docs/advisor.md.

A case is a network, the chip and compute units that it was seen on, and the share of its operations that ran on the
Neural Engine there. The wanted numbers are those of the sources; the networks are rebuilt from public architectures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tensorlogic.advisor.chips import chip
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import ComputeUnits, Placement, place
from tensorlogic.mil.program import Function
from tests.advisor import decoders, diffusion, language, speech, vision
from tests.advisor.net import Net


class Case(NamedTuple):
    """What was seen, and how near the prediction must come: in shares of operations, None where nobody says one.

    Names begin with the number of the case in the collection; a number agrees where all of its rows do.
    """

    name: str
    build: Callable[[], Function]
    chip: str
    share: float | None
    within: float = 0.05
    off: frozenset[str] = frozenset()
    """The types of the operations that were seen elsewhere; empty where the source does not say."""
    is_enumerated: bool = False
    units: ComputeUnits = "cpu_and_ne"


def _product(size: int, dtype: str = "fp16") -> Function:
    net = Net(dtype)
    return net.function(net("matmul", size, size, x=net.input(size, size), y=net.constant(size, size)))


def _attention(heads: int, places: int, size: int, dtype: str = "fp16") -> Function:
    net = Net(dtype)
    query, key, value = (net.input(1, heads, places, size) for _ in range(3))
    attended = net("scaled_dot_product_attention", 1, heads, places, size, query=query, key=key, value=value)
    return net.function(attended)


def _head(outputs: int, type: str) -> Function:
    net = Net()
    x, weight = net.input(1024, 5120), net.constant(outputs, 5120)
    if type == "linear":
        return net.function(net("linear", 1024, outputs, x=x, weight=weight))
    return net.function(net("matmul", 1024, outputs, x=x, y=weight, transpose_y=True))


CASES = [
    Case("P2 DistilBERT, rewritten", language.distilbert_rewritten, "A15", 602 / 606, off=frozenset({"gather"})),
    Case("P3 tiny MOAT, images of 256 (all units)", vision.moat, "A17 Pro", 1.0, units="all"),
    Case("P4 MobileNet", vision.mobilenet, "A15", 1.0),
    Case("P6 detector with a topk tail", vision.detector, "M3 Pro", 592 / 599, 0.05, vision.DETECTOR_TAIL),
    Case("P7 encoder, 6 layers of 384", lambda: language.encoder(6, 384, 128), "M1", 1.0),
    Case("P8 encoder, 2 layers of 128", lambda: language.encoder(2, 128, 32), "M1", 0.0),
    Case("P9 small GPT, 0.03 MB", lambda: language.encoder(1, 32, 16), "M4 Max", 0.0),
    Case("P9 small GPT, 19 MB", lambda: language.encoder(6, 360, 256), "M4 Max", 1.0),
    Case("P10 convolutions in int4, in blocks of 32", lambda: language.compressed(32), "M4 Max", 0.0),
    Case("P10 convolutions in int8, for whole tensors", lambda: language.compressed(None), "M4 Max", 1.0),
    Case("P11 product 4", lambda: _product(4), "M4", 0.0),
    Case("P11 product 384", lambda: _product(384), "M4", 0.0),
    Case("P11 product 512", lambda: _product(512), "M4", 1.0),
    Case("P11 product 4096 in fp32", lambda: _product(4096, "fp32"), "M4", 0.0),
    Case("P12 attention 16 x 2048 x 64", lambda: _attention(16, 2048, 64), "M4", 1.0),
    Case("P12 attention 32 x 1024 x 128", lambda: _attention(32, 1024, 128), "M4", 1.0),
    Case("P12 attention 16 x 1024 x 64", lambda: _attention(16, 1024, 64), "M4", 0.0),
    Case("P12 attention in fp32", lambda: _attention(16, 2048, 64, "fp32"), "M4", 0.0),
    Case("P13 linear, 16384 outputs", lambda: _head(16384, "linear"), "M4 Max", 1.0),
    Case("P13 linear, 16385 outputs", lambda: _head(16385, "linear"), "M4 Max", 0.0),
    Case("P13 matmul, 16384 outputs", lambda: _head(16384, "matmul"), "M4 Max", 1.0),
    Case("P13 matmul, 16385 outputs", lambda: _head(16385, "matmul"), "M4 Max", 0.0),
    Case("P14 four 1x1 convolutions", lambda: vision.convolutions(4, 5120, 1024), "M4 Max", 1.0),
    Case("P16 gated delta layer, 593 operations", lambda: language.gated_delta(14), "M4 Max", 1.0),
    Case("P17 linear attention, decoding", language.linear_attention_decoding, "M4", 1.0),
    Case("P18 linear attention with cumsum", language.linear_attention, "M4", 220 / 221, off=frozenset({"cumsum"})),
    Case("P19 attention layer, decoding", decoders.decoder_layer, "M4", 1.0),
    Case("P20 four layers with cumsum", language.mostly_linear_attention, "M4", 800 / 803, off=frozenset({"cumsum"})),
    Case("P21 decoder with an argmax tail", decoders.argmax_tail, "M4", 832 / 841, 0.05, decoders.ARGMAX_TAIL),
    Case("P21 decoder with a state", lambda: decoders.stateful(decoders.GEMMA), "M4", 1.0),
    Case("P22 P21 on a phone", decoders.argmax_tail, "A19 Pro", 7294 / 7310, off=decoders.ARGMAX_TAIL),
    Case(
        "P23 decoder with short convolutions", decoders.short_convolutions, "M4", 970 / 992, 0.05, frozenset({"conv"})
    ),
    Case("P24 vision transformer", vision.vision_transformer, "A19 Pro", 1937 / 1970),
    Case("P25 encoder of embeddings", language.embedding_encoder, "M4", 0.998, 0.01, frozenset({"gather"})),
    Case("P27 language model, 128 tokens", language.prefill, "M5 Pro", 1918 / 1919, 0.01, frozenset({"gather"})),
    Case("P28 LSTM detector", speech.lstm, "M5", 0.0),
    Case("P28 encoder of speech", lambda: speech.conformer(speech.PARAKEET), "M5", 0.99),
    Case("P28 smaller encoder of speech", lambda: speech.conformer(speech.CTC), "M5", 0.98),
    Case("P28 bands of a spectrum", speech.front_end, "M5", 0.0),
    Case("P29 GPT-2", decoders.gpt2, "M1 Max", 414 / 421),
    Case("P30 Llama 3.2 1B", decoders.llama, "A16", 508 / 519),
    Case("P31 Stable Diffusion's UNet", diffusion.diffusion, "M1 Max", 0.998),
    Case("P32 fixed shape", language.normalized, "M1", 1.0),
    Case("P32 enumerated shapes", language.normalized, "M1", None, off=frozenset({"layer_norm"}), is_enumerated=True),
    Case("P33 encoder of speech", lambda: speech.conformer(speech.GIGAAM), "M1 Pro", 0.998),
    Case("P36 decoder with three states", decoders.three_states, "M4", 1.0),
    Case("1.2 detector with NMS", vision.boxes, "A15", None, off=frozenset({"non_maximum_suppression"})),
    Case("1.4 RangeDim", lambda: language.encoder(6, 384, None), "M1", 0.0),
]


DISAGREEING = [
    Case("P1 DistilBERT, stock, 128 tokens", language.distilbert, "A15", 228 / 266),
    Case("P15 convolutions, quantized by hand", lambda: vision.products_in_int8(4), "M4 Max", 0.0),
    Case("P16 gated delta layer, 3,100 operations", lambda: language.gated_delta(76), "M4 Max", 0.0),
    Case("P27 language model, with states", lambda: decoders.stateful(decoders.QWEN), "M5 Pro", 0.0),
    Case("P28 ALBERT", speech.albert, "M5", 0.94),
    Case("P28 decoder and joint network", speech.transducer, "M5", 0.54),
    Case("P29 GPT-2 (all units)", decoders.gpt2, "M1 Max", 361 / 478, units="all"),
    Case("P29 GPT-2 with a cache", decoders.gpt2_cached, "M1 Max", 406 / 467),
    Case("P35 Swin-T, images of 512", vision.swin, "A15", 0.0),
]
"""What is predicted otherwise than it was seen; docs/advisor.md says why."""


@pytest.mark.parametrize("case", DISAGREEING, ids=lambda case: case.name)
def test_what_was_seen_otherwise(case: Case) -> None:
    assert not agrees(case, placed(case))


def placed(case: Case) -> Placement:
    return place(Graph(case.build(), is_enumerated=case.is_enumerated), chip(case.chip), case.units)


def test_three_states_are_a_risk() -> None:
    """P36: the plan says that it is placed, and the prediction fails."""
    verdicts = {each.eligibility.verdict for each in placed(Case("", decoders.three_states, "M4", 1.0)).operations}
    assert "risk" in verdicts


def test_states_are_no_transfer() -> None:
    """Three of them are 4 MB each; a token of 1,024 numbers goes in and one comes out."""
    (region,) = placed(Case("", decoders.three_states, "M4", 1.0)).regions
    assert region.crossing == 2 * 1024 * 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_seen(case: Case) -> None:
    placement = placed(case)
    assert agrees(case, placement), placement.share("ane")


def agrees(case: Case, placement: Placement) -> bool:
    """Whether the share is near enough to what was seen, and no other types of operations are elsewhere."""
    is_near = case.share is None or placement.share("ane") == pytest.approx(case.share, abs=case.within)
    off = {each.site.type for each in placement.operations if each.unit != "ane"}
    return is_near and (not case.off or case.off == off)
