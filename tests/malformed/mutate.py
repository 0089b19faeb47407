"""Load and run many random mutations of a model: ``python -m tests.malformed.mutate FOLDER COUNT SEED``.

Runs as a process of its own, so that its memory can be bounded. Ends with exit code 1 at the first mutation that
does anything but work or raise a `TensorLogicError`.
"""

from __future__ import annotations

import math
import random
import re
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
from tests.malformed import compiled, packages

MEMORY = 6 << 30
# What is changed in a folder with each suffix; the more often a file stands there, the more often it is.
FILES = {
    ".mlpackage": ("Manifest.json", *[packages.MODEL] * 4, packages.WEIGHTS),
    ".mlmodelc": (compiled.DATA, compiled.METADATA, *[compiled.TEXT] * 5, compiled.WEIGHTS),
}
MOST_ELEMENTS = 1 << 22
TOKENS = re.compile(r'"[^"]*"|[\w.@/]+|\s+|.')
TEXTS = ('""', '"same"', '"\\x00"', '"../x"', '"fp16"', '"int32"', '"')
BLOCK = " (int32 i) { int32 j = add(x = i, y = int32(1)); } -> (j);"
NUMBERS = ("0", "-1", "1", "7", "2147483648", "1000000000000", "99999999999999999999", "nan", "-inf", "?", "0x1p+127")


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


def mutate_text(data: bytes, rng: random.Random) -> bytes:
    """One to three changes of MIL text within its structure."""
    tokens = TOKENS.findall(data.decode())
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(tokens))
        kind = rng.choice(("swap", "swap", "swap", "number", "number", "text", "remove", "repeat", "block"))
        if kind == "swap":
            tokens[at] = rng.choice([token for token in tokens if _sort(token) == _sort(tokens[at])])
        elif kind == "number":
            tokens[at] = rng.choice(NUMBERS) if tokens[at][0].isdigit() else tokens[at]
        elif kind == "text":
            tokens[at] = rng.choice(TEXTS) if tokens[at][0] == '"' else tokens[at]
        elif kind == "repeat":
            tokens[at] *= rng.choice((2, 1000))
        else:
            tokens[at] = BLOCK if kind == "block" and tokens[at] == ";" else tokens[at][1:] or " "
    return "".join(tokens).encode()


def _sort(token: str) -> tuple[bool, ...]:
    return token[0].isdigit(), token[0].isalpha(), token[0] == '"'


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


# How a file is changed within its structure.
CHANGES = {packages.MODEL: mutate_model, compiled.TEXT: mutate_text}


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
    files = FILES[package.suffix]
    originals = {name: (package / name).read_bytes() for name in set(files)}
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"mutated{package.suffix}"
        shutil.copytree(package, copy)
        for index in range(count):
            rng = random.Random(f"{seed}-{index}")
            name = rng.choice(files)
            # A new file, not new contents: an earlier mutation may still be mapped.
            (copy / name).unlink()
            change = CHANGES.get(name, mutate) if rng.random() < 0.7 else mutate
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
