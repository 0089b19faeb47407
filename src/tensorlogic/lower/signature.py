"""What a lowered function gives, in terms of its model's outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tensorlogic.lower.labels import Labels


@dataclass(frozen=True, slots=True)
class Signature:
    """The outputs of a function, which are outputs of its model too.

    `states` maps each state, an input of the model, to the output that holds its next value; `labels` has those of
    `outputs` that are no tensors to a program.
    """

    outputs: tuple[str, ...]
    states: Mapping[str, str]
    labels: Mapping[str, Labels]

    @property
    def fetched(self) -> list[str]:
        """The model's outputs: the function's, then the states'."""
        return [*self.outputs, *self.states.values()]

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """From the text of `to_json`."""
        said = json.loads(text)
        labels = {name: Labels(tuple(each["classes"]), each["is_table"]) for name, each in said["labels"].items()}
        return cls(tuple(said["outputs"]), said["states"], labels)
