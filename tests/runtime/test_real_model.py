from __future__ import annotations

from pathlib import Path

import torch

from tensorlogic import models
from tensorlogic.errors import codes
from tensorlogic.runtime.display import text
from tests.conftest import shared_model
from tests.runtime.harness import failure, output


def test_a_real_model_gives_the_same_as_from_python() -> None:
    path = shared_model("silero-vad/silero-vad-unified-v6.0.0.mlpackage")
    program = f"""
        model = load_model("{path}", engine: "torch", precision: "f32")
        print(model.metadata.format, model.inputs[0].name, model.inputs[0].shape)
        state = zeros(1, 128)
        result = model.predict(audio_input: ones(1, 576) * 0.1, hidden_state: state, cell_state: state)
        print(result.new_cell_state.shape, result.vad_output.flatten()[0])
    """
    inputs = {
        "audio_input": torch.full((1, 576), 0.1),
        "hidden_state": torch.zeros(1, 128),
        "cell_state": torch.zeros(1, 128),
    }
    wanted = models.load_model(path, engine="torch", precision="f32").predict(**inputs)
    assert (
        output(program, folder=path.parent)
        == f"CoreML audio_input [1, 576]\n[1, 128] {text(wanted['vad_output'].flatten()[0])}"
    )


def test_a_program_keeps_a_state(stateful_package: Path) -> None:
    program = f"""
        add = load_model("{stateful_package}")
        twice = load_model("{stateful_package}", function: "twice")
        print(add.functions, twice.function, add.states)
        state = add.make_state()
        x = ones(1, 8)
        first = add.predict(x, state: state)
        second = predict(add, x, state: state)
        print(state.names, sum(abs(second - first * 2)), sum(abs(state.read("total") - second)))
        state.write("total", zeros(1, 8))
        print(sum(abs(twice.predict(ones(2, 8), state: state) - first * 2)))
        for name in state.names {{ print(name, make_state(add).read(name).shape) }}
    """
    assert output(program, folder=stateful_package.parent).splitlines() == [
        '["add", "twice"] twice [total: float16[1, 8]]',
        '["total"] 0.0 0.0',
        "0.0",
        "total [1, 8]",
    ]


def test_a_forgotten_state_is_explained(stateful_package: Path) -> None:
    found = failure(f'm = load_model("{stateful_package}")\nm.predict(ones(1, 8))', folder=stateful_package.parent)
    assert found.code == codes.WRONG_STATE
    assert "total: float16[1, 8]" in found.message
    assert "make_state()" in (found.help or "")
