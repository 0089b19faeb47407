"""The Jupyter kernel, installed and run as Jupyter does."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from typer.testing import CliRunner

from tensorlogic.cli.app import app
from tensorlogic.errors import UsageError, codes

Client = Any


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> KernelSpecManager:
    prefix = tmp_path_factory.mktemp("jupyter")
    assert CliRunner().invoke(app, ["kernel", "install", "--prefix", str(prefix), "--name", "tl-test"]).exit_code == 0
    return KernelSpecManager(kernel_dirs=[str(prefix / "share" / "jupyter" / "kernels")])


@pytest.fixture(scope="module")
def client(specs: KernelSpecManager) -> Iterator[Client]:
    manager = KernelManager(kernel_name="tl-test", kernel_spec_manager=specs)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.manager = manager
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def ran(client: Client, code: str, asked: str = "") -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """The reply to a cell, and what it shows: printed text, values, errors."""
    shown: list[tuple[str, Any]] = []

    def show(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            shown.append((content["name"], content["text"]))
        elif message["msg_type"] == "execute_result":
            shown.append(("value", content["data"]["text/plain"]))
        elif message["msg_type"] == "error":
            shown.append(("error", "\n".join(content["traceback"])))

    def answer(message: dict[str, Any]) -> None:
        client.input(asked)

    reply = client.execute_interactive(
        code, timeout=60, output_hook=show, stdin_hook=answer, allow_stdin=bool(asked), stop_on_error=False
    )
    return reply["content"], shown


def test_cells(client: Client) -> None:
    assert ran(client, 'x = 20\nprint("a")\nx + 1')[1] == [("stdout", "a\n"), ("value", "21")]
    assert ran(client, "x += 1")[1] == []
    reply, shown = ran(client, "x\ny = 1 / 0")
    assert (reply["status"], reply["ename"], reply["evalue"]) == ("error", "SourceError TL0401", "division by zero")
    assert "input 3:2:5" in shown[0][1]
    assert ran(client, "x")[1] == [("value", "21")]
    assert ran(client, 'input("name? ") + "!"', asked="Ann")[1] == [("stdout", "name? "), ("value", "Ann!")]
    assert ran(client, "python import math")[0]["status"] == "error"


def test_what_is_asked_while_typing(client: Client) -> None:
    ran(client, "long_name = [1, 2]\nfn f(a: int) -> int { a }")
    found = client.complete("1 + long_n", 10, reply=True, timeout=30)["content"]
    assert (found["matches"], found["cursor_start"], found["cursor_end"]) == (["long_name"], 4, 10)
    help = client.inspect("f(1)", 1, reply=True, timeout=30)["content"]
    assert (help["found"], help["data"]["text/plain"]) == (True, "fn f(a: int) -> int")
    assert not client.inspect("nothing", 3, reply=True, timeout=30)["content"]["found"]
    sent = {client.is_complete("f("): "incomplete", client.is_complete("f(1)"): "complete"}
    for _ in sent:
        reply = client.get_shell_msg(timeout=30)
        assert reply["content"]["status"] == sent[reply["parent_header"]["msg_id"]]


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts come another way there")
def test_an_interrupt_keeps_the_state(client: Client) -> None:
    """The kernel is interrupted once the cell says that it runs."""
    reply = interrupted(client, 'n = 7\nprint("on")\nloop { n += 0 }')
    assert (reply["ename"], reply["traceback"]) == ("KeyboardInterrupt", ["interrupted"])
    assert ran(client, "n")[1] == [("value", "7")]


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts come another way there")
def test_an_interrupted_query_says_how_far_it_got(client: Client) -> None:
    ran(client, "relation E(x: int, y: int)\nfor i in range(3000) { E(i, i + 1) E(i, (i * 7919) % 3000) }")
    ran(client, "P(X, Y) <- E(X, Y)\nP(X, Z) <- P(X, Y), E(Y, Z)\nlen(query P(0, X))")
    [said] = interrupted(client, 'print("on")\nlen(query P(X, Y))')["traceback"]
    assert re.fullmatch(r"interrupted in round \d+: [\d,]+ facts derived \([\d,]+ of P\)", said)
    assert ran(client, "len(query E(0, X))")[1] == [("value", "2")]


def interrupted(client: Client, code: str) -> dict[str, Any]:
    """The reply to a cell that is interrupted a moment after it has printed something."""
    sent = client.execute(code, stop_on_error=False)
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    time.sleep(0.5)
    client.manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != sent:
        pass
    return reply["content"]


def test_installing_and_removing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    run = CliRunner().invoke
    assert run(app, ["kernel", "install", "--allow-python", "--allow-read", str(tmp_path)]).exit_code == 0
    written = json.loads((tmp_path / "kernels" / "tensorlogic" / "kernel.json").read_text())
    assert written["argv"][3:] == ["kernel", "start", "{connection_file}", "--allow-python", f"--allow-read={tmp_path}"]
    assert run(app, ["kernel", "uninstall"]).exit_code == 0
    assert not (tmp_path / "kernels" / "tensorlogic").exists()
    assert isinstance(run(app, ["kernel", "uninstall", "--name", "tl-none"]).exception, UsageError)
    assert run(app, ["kernel", "install", "--user", "--prefix", str(tmp_path)]).exit_code == 2


def test_without_ipykernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    error = CliRunner().invoke(app, ["kernel", "install"]).exception
    assert isinstance(error, UsageError)
    assert (error.code, "tensorlogic-lang[jupyter]" in str(error)) == (codes.MISSING_PACKAGE, True)
