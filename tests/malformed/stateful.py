"""A small package of two functions with common weights and a common state, as coremltools writes it.

``add`` adds x · Wᵀ to the state ``total`` and gives the sum; ``twice`` gives 2 (x · Wᵀ) + total, for two rows of x.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

SIZE = 8
WEIGHT = np.random.default_rng(3).integers(-2, 3, (SIZE, SIZE)).astype(np.float16)


def write(path: Path) -> None:
    """Build the functions with coremltools' builder, and save them as one model."""
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)
        from coremltools.converters.mil.mil import types

        def inputs(rows: int):
            x = mb.TensorSpec((rows, SIZE), dtype=types.fp16)
            return [x, mb.StateTensorSpec((1, SIZE), dtype=types.fp16)]

        @mb.program(input_specs=inputs(1), opset_version=ct.target.iOS18)
        def add(x, total):
            product = mb.linear(x=x, weight=WEIGHT)
            more = mb.add(x=mb.read_state(input=total), y=product)
            return mb.identity(x=mb.coreml_update_state(state=total, value=more), name="sum")

        @mb.program(input_specs=inputs(2), opset_version=ct.target.iOS18)
        def twice(x, total):
            product = mb.linear(x=x, weight=WEIGHT)
            return mb.add(x=mb.mul(x=product, y=np.float16(2)), y=mb.read_state(input=total), name="sum")

        both = ct.utils.MultiFunctionDescriptor()
        for program in (add, twice):
            name = "add" if program is add else "twice"
            single = str(Path(folder) / f"{name}.mlpackage")
            ct.convert(program, minimum_deployment_target=ct.target.iOS18, skip_model_load=True).save(single)
            both.add_function(single, "main", name)
        both.default_function_name = "add"
        ct.utils.save_multifunction(both, str(path))
