from __future__ import annotations

import subprocess
import sys

import pytest

from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.reference import describe, every

SIGNATURES = {
    "softmax": ("softmax(x, axis: int = -1) -> tensor", "activations", ("cndl_softmax",)),
    "to_int": ("to_int(value) -> int", "core", ("int",)),
    "print": ("print(values…) -> void", "core", ()),
    "max": ("max(x, others…, axis?, keepdim: bool = false)", "reductions", ()),
    "squeeze": ("squeeze(x, axis?: int) -> tensor", "shapes", ()),
    "shape": ("shape(x) -> list", "shapes", ("dims",)),
    "predict": ("predict(model, inputs…, named: …)", "models", ()),
    "join": ('join(items: list, between: string = "") -> string', "text", ()),
    "KVCache::new": ("KVCache::new(layers: int) -> KVCache", "attention", ("KVCache::new_f16", "KVCache::new_f32")),
    "pi": ("pi: float", "constants", ()),
}


@pytest.mark.parametrize(("name", "wanted"), SIGNATURES.items(), ids=SIGNATURES)
def test_signatures(name: str, wanted: tuple[str, str, tuple[str, ...]]) -> None:
    found = describe(name)
    assert found is not None
    assert (found.signature, found.family, found.other_names) == wanted


def test_every_builtin_is_described_once() -> None:
    found = every()
    names = [name for each in found for name in (each.name, *each.other_names)]
    assert sorted(names) == sorted([*FUNCTIONS, *CONSTANTS])
    assert all(each.docstring for each in found)
    assert {"int", "clip", "KVCache::new"} < {each.name for each in found}
    assert describe("softmaxx") is None


def test_describing_loads_no_torch() -> None:
    code = "import sys; from tensorlogic.runtime.reference import every; every(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
