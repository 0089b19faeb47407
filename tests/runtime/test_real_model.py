from __future__ import annotations

import torch

from tensorlogic import models
from tensorlogic.runtime.display import text
from tests.conftest import shared_model
from tests.runtime.harness import output


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
    assert output(program) == f"CoreML audio_input [1, 576]\n[1, 128] {text(wanted['vad_output'].flatten()[0])}"
