"""The one interface of every model, whatever file it came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from tensorlogic.coreml import Feature
from tensorlogic.engines import Candidate
from tensorlogic.errors import UsageError, codes, nearest
from tensorlogic.formats.description import Metadata, TensorInfo
from tensorlogic.models.dtypes import as_numpy, dtype_named
from tensorlogic.models.group import TensorGroup, Tree, tree_of
from tensorlogic.models.state import State


class Prediction(dict[Any, Any]):
    """Outputs by name, also as attributes: ``prediction["scores"]`` or ``prediction.scores``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Model(ABC):
    """A loaded model: what it is, what it takes and gives, its weights, and predictions.

    The stored tensors are also attributes, by the parts of their names between dots, where digits are indices:
    ``model.blk[0].attn_q.weight``. They come as PyTorch's. What a model has besides, such as `metadata`, goes first; a
    tensor of such a name is reached by `get_tensor`.
    """

    metadata: Metadata
    tensors: Mapping[str, TensorInfo]
    """The stored tensors by name; nothing is read until `get_tensor` asks."""
    inputs: Sequence[Feature] = ()
    outputs: Sequence[Feature] = ()
    states: Sequence[Feature] = ()
    """What the model remembers from one prediction to the next."""

    candidate: Candidate | None = None
    """The engine, device and precision that predict."""

    function: str = ""
    """The function that predicts, of those that the file has."""
    functions: Sequence[str] = ()

    __tl_members__ = frozenset(
        {
            "metadata", "tensors", "inputs", "outputs", "states", "function", "functions",
            "make_state", "predict", "get_tensor",
        }
    )  # fmt: skip

    @abstractmethod
    def predict(self, *values: Any, state: Any = None, **named: Any) -> Prediction:
        """Outputs for inputs given in order, by name, or as one dictionary.

        Arrays may be NumPy's or PyTorch's, nested lists, or Pillow images. They come back as the kind that went
        in: PyTorch tensors when any input was one, NumPy arrays otherwise.

        A model with `states` needs a `state` of `make_state`, which the prediction reads and changes. Anything else
        called `state` is an input of that name.

        Raises `UsageError` for a wrong name, shape or data type, and `EngineError` when the engine fails.
        """

    @abstractmethod
    def make_state(self) -> State:
        """What the model remembers, to begin with: zeros. Models without `states` give and take an empty one."""

    def get_tensor(self, name: str, framework: str = "numpy", dtype: Any = None, packed: bool = False) -> Any:
        """The stored tensor `name`, expanded if it is compressed, as an array of ``numpy`` or ``torch``.

        It has the type that it is stored in, or `dtype`: a name such as ``float32``, or a type of either framework. An
        array may be a view of the file, which changes in place do not reach; others who ask for the tensor see them.
        With `packed`, and without `dtype`, it comes as attributes do, as PyTorch's: a quantized tensor of a GGUF file
        as a `PackedTensor`, which stays in the file and is expanded where it is used.

        Raises `UsageError` for a name, framework or type that there is not.
        """
        if name not in self.tensors:
            guess = nearest(name, self.tensors)
            raise UsageError(
                codes.UNKNOWN_TENSOR,
                f"the model has no tensor {name!r}",
                help=f"Did you mean {guess!r}?" if guess else "model.tensors lists them.",
            )
        if framework not in ("numpy", "torch"):
            raise UsageError(
                codes.UNKNOWN_OPTION, f"there is no framework {framework!r}", help="Choose numpy or torch."
            )
        if packed and dtype is None:
            return self._member(name)
        wanted = self.tensors[name].dtype if dtype is None else dtype_named(dtype)
        if wanted == self.tensors[name].dtype:
            return self._read(name, framework)
        import torch

        tensor = self._read(name, "torch").to(getattr(torch, wanted))
        return tensor if framework == "torch" else as_numpy(tensor, name)

    def metadata_texts(self) -> dict[str, str]:
        """What the file says besides its tensors, `metadata.user_defined`, as texts for formats that hold no others."""
        return {name: str(value) for name, value in self.metadata.user_defined.items()}

    def _member(self, name: str) -> Any:
        """What the tensor `name` is as an attribute."""
        return self.get_tensor(name, "torch")

    @cached_property
    def _group(self) -> TensorGroup:
        return TensorGroup("model", tree_of(self.tensors), self._member)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "tensors" not in self.__dict__:
            raise AttributeError(f"a model has no member {name!r}")
        return getattr(self._group, name)

    def __getitem__(self, key: int | str) -> Any:
        """The tensors whose names begin with a number, or with what is no name in a program: ``model[0].weight``."""
        return self._group[key]

    __iter__ = None

    def __tl_inner__(self) -> Tree:
        return self._group.__tl_inner__()

    def __tl_read__(self, name: str) -> Any:
        return self._group.__tl_read__(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *dir(self._group)]

    @abstractmethod
    def _read(self, name: str, framework: str) -> Any:
        """The value of a tensor that exists."""

    def __repr__(self) -> str:
        said = self.metadata
        return f"Model({said.name!r}, {said.format}, {said.quantization}, {said.parameters:,} parameters)"
