"""What of this machine decides which engine is the fastest: its processor, its GPUs, and the engines' versions.

Everything is read from the system, without starting an engine: it is asked for whenever a model is loaded.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from itertools import takewhile
from pathlib import Path

from tensorlogic.engines.cache import key
from tensorlogic.engines.registry import ENTRY_POINTS

_LIBRARIES = ("torch", "onnxruntime", "onnxruntime-gpu", "openvino")
# What the kernel says of a core that does not change from one minute to the next; x86, ARM, RISC-V.
_CORE = {
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags", "Features", "CPU implementer",
    "CPU architecture", "CPU variant", "CPU part", "isa",
}  # fmt: skip
_DISPLAYS = "0x03"
_DEVICES = ("nvidia[0-9]*", "kfd", "dri/renderD*", "accel/accel*")
# What keeps engines from using all that there is: a container's share of the cores, and the user.
_QUOTAS = ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "OMP_NUM_THREADS")


@cache
def fingerprint() -> str:
    """The same on machines, and in environments, where measuring again would make the same choice."""
    return key(processor(), *_limits(), *_gpus(), *_versions())


def processor() -> str:
    """The same on processors that run the same instructions equally fast, as far as the system tells them apart."""
    return key(*_processor())


@cache
def has_bfloat16() -> bool:
    """Whether the processor is known to compute in bfloat16."""
    return any(f" {flag}" in fact for fact in _processor() for flag in ("amx_bf16", "avx512_bf16"))


def _processor() -> Iterator[str]:
    yield f"{platform.system()} {platform.machine()}"
    with suppress(OSError, subprocess.SubprocessError):
        if platform.system() == "Linux":
            yield from _linux_core(Path("/proc/cpuinfo"))
        elif platform.system() == "Darwin":
            yield _apple_chip()
        else:
            yield platform.processor()


def _linux_core(path: Path) -> list[str]:
    """What `path` says of the first core."""
    with path.open(encoding="utf-8", errors="replace") as file:
        facts = [line.partition(":") for line in takewhile(str.strip, file)]
    return [f"{name.strip()}={value.strip()}" for name, _, value in facts if name.strip() in _CORE]


def _apple_chip() -> str:
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()


def _limits() -> Iterator[str]:
    allowed = getattr(os, "sched_getaffinity", None)
    yield f"{len(allowed(0)) if allowed else os.cpu_count()} cores"
    yield from (_text(Path(quota)) for quota in _QUOTAS)
    yield from (f"{name}={os.environ.get(name)}" for name in _VARIABLES)


def _gpus() -> Iterator[str]:
    """The graphics processors on the bus, and the devices of them that this process is given."""
    for device in sorted(Path("/sys/bus/pci/devices").glob("*")):
        if _text(device / "class").startswith(_DISPLAYS):
            yield f"{_text(device / 'vendor')} {_text(device / 'device')}"
    for pattern in _DEVICES:
        yield from sorted(str(device) for device in Path("/dev").glob(pattern))
    for information in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        yield _text(information).partition("\n")[0]


def _versions() -> Iterator[str]:
    """Of our engines and other people's, and of the libraries behind ours."""
    packages = {point.dist.name: point.dist.version for point in entry_points(group=ENTRY_POINTS) if point.dist}
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            packages[library] = version(library)
    yield from (f"{name} {packages[name]}" for name in sorted(packages))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
