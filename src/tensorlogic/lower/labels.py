"""Results that are no tensors: what a classifier says, of tensors that engines can give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Label = int | str


@dataclass(frozen=True, slots=True)
class Labels:
    """What the tensor of a result means: the index of one of `classes`, or the number of each where it is a table."""

    classes: tuple[Label, ...]
    is_table: bool

    def value(self, array: npt.NDArray[Any]) -> Any:
        """A dictionary, a text, or an array with a number."""
        if self.is_table:
            return dict(zip(self.classes, array.tolist(), strict=True))
        label = self.classes[int(array)]
        return label if isinstance(label, str) else np.asarray(label)


def labelled(results: dict[str, Any], labels: Mapping[str, Labels]) -> dict[str, Any]:
    """The results of a model, with Python's values for those that are no tensors."""
    return {**results, **{name: each.value(results[name]) for name, each in labels.items()}} if labels else results
