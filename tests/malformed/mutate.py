"""Load and run many random mutations of a package: ``python -m tests.malformed.mutate PACKAGE COUNT SEED``.

Runs as a process of its own, so that its memory can be bounded. Ends with exit code 1 at the first mutation that
does anything but work or raise a `TensorLogicError`.
"""

from __future__ import annotations

import math
import random
import resource
import shutil
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import tensorlogic as tl
from tensorlogic.formats.specification import model_classes
from tests.malformed.packages import MODEL, WEIGHTS

MEMORY = 6 << 30
FILES = ("Manifest.json", MODEL, MODEL, MODEL, MODEL, WEIGHTS)
MOST_ELEMENTS = 1 << 22


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to three small changes of the kinds that damage and malice make."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(changed)) if changed else 0
        length = rng.choice((1, 1, 1, 2, 4, 8, 64))
        kind = rng.choice(("flip", "flip", "flip", "overwrite", "extreme", "delete", "repeat", "truncate"))
        if kind == "flip" and changed:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == "overwrite":
            changed[at : at + length] = rng.randbytes(length)
        elif kind == "extreme":
            changed[at : at + length] = rng.choice((b"\x00", b"\xff", b"\x7f")) * length
        elif kind == "delete":
            del changed[at : at + length]
        elif kind == "repeat":
            changed[at:at] = changed[at : at + length]
        elif kind == "truncate" and rng.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def mutate_model(data: bytes, rng: random.Random) -> bytes:
    """The same within the structure: another number or name, a part left out or repeated."""
    model = model_classes().Model.FromString(data)
    message, field = rng.choice(list(_fields(model)))
    value = getattr(message, field.name)
    if field.is_repeated:
        _mutate_repeated(value, field, rng)
    elif field.type == field.TYPE_MESSAGE:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _other(value, field, rng))
    return model.SerializeToString()


def _fields(message: Any) -> Iterator[tuple[Any, Any]]:
    for field, value in message.ListFields():
        yield message, field
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = value.values() if field.message_type.fields_by_name["value"].message_type else ()
        else:
            parts = value if field.is_repeated else (value,)
        for part in parts:
            yield from _fields(part)


def _mutate_repeated(value: Any, field: Any, rng: random.Random) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value.pop(rng.choice(sorted(value)))
        return
    at = rng.randrange(len(value))
    kept = value[at]
    if field.type != field.TYPE_MESSAGE and rng.random() < 0.7:
        value[at] = _other(kept, field, rng)
    elif rng.random() < 0.5:
        del value[at]
    else:
        value.append(kept)


def _other(value: Any, field: Any, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return rng.choice(("", "x", value + "2", value.upper(), "fp16", "same", "relu", "\0", "main", "../" + value))
    if isinstance(value, bytes):
        return mutate(value, rng)
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, math.inf, math.nan, value * 1e6))
    least = 0 if "UINT" in _type_name(field) else -1
    largest = (1 << 31) - 1 if "32" in _type_name(field) or "ENUM" in _type_name(field) else (1 << 62)
    return rng.choice((0, 1, 2, least, 7, min(largest, abs(value) + 1), abs(value) // 2, 1 << 20, largest))


def _type_name(field: Any) -> str:
    return next(name for name in dir(field) if name.startswith("TYPE_") and getattr(field, name) == field.type)


def attempt(package: Path) -> str:
    """Load and run a package; the outcome in a word."""
    try:
        model = tl.load_model(package)
        inputs = {f.name: np.zeros(f.shape, f.dtype) for f in model.inputs if math.prod(f.shape) < MOST_ELEMENTS}
        model.predict(inputs, state=model.make_state())
    except tl.TensorLogicError as error:
        return error.code.id
    return "works"


def main(package: Path, count: int, seed: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    originals = {name: (package / name).read_bytes() for name in set(FILES)}
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mutated.mlpackage"
        shutil.copytree(package, copy)
        for index in range(count):
            rng = random.Random(f"{seed}-{index}")
            name = rng.choice(FILES)
            # A new file, not new contents: an earlier mutation may still be mapped.
            (copy / name).unlink()
            change = mutate_model if name == MODEL and rng.random() < 0.7 else mutate
            (copy / name).write_bytes(change(originals[name], rng))
            try:
                outcomes[attempt(copy)] += 1
            except Exception:
                print(f"mutation {index} of {name} with seed {seed}:\n{traceback.format_exc()}")
                return 1
            (copy / name).unlink()
            (copy / name).write_bytes(originals[name])
    print(f"{count} mutations: {dict(outcomes.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
