"""Model files."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.runtime.convert import as_int, as_optional_int, as_string, is_number
from tensorlogic.runtime.embeddings import Embedding
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.registry import builtin, calling_a_method
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.sizes import check_bytes
from tensorlogic.runtime.structs import Struct
from tensorlogic.runtime.values import adopt, adopt_outputs


@builtin
def load_model(
    path: str,
    device: str = "auto",
    precision: str = "auto",
    engine: str = "auto",
    function: str | None = None,
    context: int | None = None,
    threads: int | None = None,
) -> Any:
    """The model in a file or package; what kind it is, is found out from its content.

    `device` is where it runs (``"cpu"``, ``"cuda"``, …), `precision` what it computes in (``"f16"``,
    ``"f32"``, …), and `engine` what runs it; ``"auto"`` chooses. `function` is one of several functions of the
    file, instead of its default. Of a language model, `context` is the most tokens of prompt and answer together,
    and `threads` how many threads generate text.
    """
    from tensorlogic import models
    from tensorlogic.models.generation import Generating

    model: Any = models.load_model(
        CURRENT.get().readable_model(path),
        device=as_string(device),
        precision=as_string(precision),
        engine=as_string(engine),
        function=None if function is None else as_string(function),
        context=as_optional_int(context),
        threads=as_optional_int(threads),
    )
    if context is not None and isinstance(model, Generating):
        check_bytes(model.cache_size(), f"a context of {as_int(context)} tokens")
    return model


@builtin
def save_model(model: Any, path: str | None = None, max_shard_size: int | str | None = None) -> None:
    """Write the tensors of a model, a record or a struct to SafeTensors files, where the program may write.

    With a path alone, `save_model("trained.safetensors")`, they are those that the program has learned: the tensors
    that are declared `learnable` at the top level of a file, and the embeddings there, by their names.
    Records, structs and lists may stand in each other: the field `w` of the first of a list `layers` is called
    ``layers.0.w``. Fields that are void are left out. A path without an ending, ``"trained"``, is a folder, with the
    configuration that the model has. `max_shard_size`, in bytes or like ``"5GB"``, is what one file holds at most.

    Errors: a value that is no tensor or number, two tensors of one name, nothing that is learnable, a file that cannot
    be written.
    """
    from tensorlogic import models

    target = CURRENT.get().writable(model if path is None else path)
    if path is None:
        model = _learnables()
    if not _is_model(model) and not isinstance(model, Struct | dict):
        raise SourceError(WRONG_TYPE, f"this takes a model, a struct or a record, not {with_article(kind(model))}")
    size = max_shard_size if isinstance(max_shard_size, str | None) else as_int(max_shard_size)
    values = model if _is_model(model) else _plain(model, "")
    models.save_model(values, target, size)


def _learnables() -> dict[str, Any]:
    """All that is learnable in the program, by its names."""
    found = CURRENT.get().learnables
    names = [name for name, _ in found]
    if not names:
        message, help = "the program has nothing learnable", "Declare it: tensor w: float32[3] learnable."
        raise SourceError(WRONG_ARGUMENTS, message, help=help)
    for name in names:
        if names.count(name) > 1:
            help = "Save a struct, in which they have other names."
            raise SourceError(WRONG_ARGUMENTS, f"two files have something learnable called `{name}`", help=help)
    return dict(zip(names, found.values(), strict=True))


def _plain(value: Any, name: str) -> Any:
    """Structs and records as dictionaries of tensors; `name` is the way to the value."""
    if isinstance(value, Struct):
        return _plain(value.values, name)
    if isinstance(value, Embedding):
        return value.table
    if isinstance(value, dict):
        return {key: _plain(item, f"{name}.{key}".strip(".")) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{name}.{index}") for index, item in enumerate(value)]
    if value is None or is_number(value) or hasattr(value, "dequantize"):
        return value
    message = f"`{name}` is {with_article(kind(value))}, and only tensors and numbers are saved"
    raise SourceError(WRONG_TYPE, message)


@calling_a_method
def predict(model: Any, *inputs: Any, **named: Any) -> Any:
    """What the model makes of its inputs, one by one or by name: its output, or a record of several."""
    return adopt_outputs(_method(model, "predict")(*inputs, **named))


@calling_a_method
def make_state(model: Any) -> Any:
    """What a model remembers from one prediction to the next, to begin with: ``predict(model, x, state: state)``."""
    return _method(model, "make_state")()


@calling_a_method
def get_tensor(model: Any, name: str, dtype: str | None = None, packed: bool = False) -> Any:
    """A tensor of a model by its name, in the type that it is stored in or in `dtype`, such as ``"float32"``.

    Names that are paths are also members of the model: ``model.blk[0].attn_q.weight``. With `packed`, as by these
    members, a quantized tensor of a GGUF file stays packed: ``@``, `linear`, `embedding`, `transpose` and an index
    take it so, and ``w.dequantize()`` is all of it as floats for the rest.
    """
    options: dict[str, Any] = {} if dtype is None else {"dtype": as_string(dtype)}
    options |= {"packed": True} if packed else {}
    return adopt(_method(model, "get_tensor")(as_string(name), framework="torch", **options))


def _method(model: Any, name: str) -> Any:
    """A method of a model; only what the class offers to programs."""
    if not _is_model(model, name):
        raise SourceError(WRONG_TYPE, f"this takes a model, not {with_article(kind(model))}")
    return getattr(model, name)


def _is_model(value: Any, method: str = "get_tensor") -> bool:
    return method in getattr(type(value), "__tl_members__", ())
