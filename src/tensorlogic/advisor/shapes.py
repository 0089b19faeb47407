"""The shapes inside of a function whose inputs have several: those that the default ones lead to."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.coreml import ModelFunction

Shape = tuple[int, ...]


def default_shapes(found: ModelFunction) -> dict[str, Shape]:
    """The shapes of a function's values by name, found by computing it once; none where that is not possible."""
    try:
        return dict(_shapes(found))
    except Exception:
        # Whatever it is that fails, the sizes stay unknown, and so does what follows from them.
        return {}


def _shapes(found: ModelFunction) -> Iterator[tuple[str, Shape]]:
    import torch

    from tensorlogic.advisor.verification.samples import Samples
    from tensorlogic.engines.torch.walking import Walk

    (inputs,) = Samples(found.inputs, None)
    function = found.file.program.functions[found.name]
    made_by = {operation.name: operation for operation in function.body.operations}
    with torch.inference_mode():
        walk = Walk(found.file.program, found.name, "f32", inputs)
        yield from ((name, tuple(value.shape)) for name, value in inputs.items())
        for step in walk.steps():
            step.run(walk.frame)
            for value in made_by[step.place.name].outputs:
                if isinstance(result := walk[value.name], torch.Tensor):
                    yield value.name, tuple(result.shape)
