"""``tl devices``: what this machine offers."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from tensorlogic.cli.console import print_json, progress, size_text


@dataclass(frozen=True, slots=True)
class Device:
    """One thing that could compute: whether it is here, and what it is."""

    name: str
    available: bool
    detail: str


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what this machine offers: CPU, CUDA, MPS, Neural Engine."""
    with progress("Looking around"):
        found = [_cpu(), _cuda(), _mps(), _neural_engine()]
    if as_json:
        print_json([asdict(device) for device in found])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("device", "available", "detail", box=None)
    for device in found:
        table.add_row(device.name, "yes" if device.available else "no", device.detail)
    Console().print(table)


def _cpu() -> Device:
    import torch

    # What makes a difference to inference, of all that a processor can do.
    wanted = {
        "avx2": "AVX2", "avx512_f": "AVX-512", "avx512_vnni": "AVX-512 VNNI", "avx512_bf16": "AVX-512 BF16",
        "avx512_fp16": "AVX-512 FP16", "amx_bf16": "AMX BF16", "amx_int8": "AMX INT8",
        "neon": "NEON", "sve": "SVE", "sme": "SME", "bf16": "BF16", "i8mm": "I8MM",
    }  # fmt: skip
    # Older releases of PyTorch do not tell.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    features = [title for key, title in wanted.items() if capabilities.get(key)]
    detail = [platform.machine(), f"{os.cpu_count()} cores", *features]
    return Device("cpu", True, ", ".join(detail))


def _cuda() -> Device:
    import torch

    if not torch.cuda.is_available():
        built = "no NVIDIA GPU found" if torch.version.cuda else "PyTorch is a build without CUDA"
        return Device("cuda", False, built)
    gpus = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return Device("cuda", True, "; ".join(f"{gpu.name}, {size_text(gpu.total_memory)}" for gpu in gpus))


def _mps() -> Device:
    import torch

    available = torch.backends.mps.is_available()
    return Device("mps", available, "Metal through PyTorch" if available else "needs a Mac with Apple silicon")


def _neural_engine() -> Device:
    here = platform.system() == "Darwin" and platform.machine() == "arm64"
    detail = "present; Core ML reaches it, TensorLogic does not use it yet" if here else "exists in Apple devices only"
    return Device("neural engine", here, detail)
