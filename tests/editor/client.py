"""An editor, as far as a language server sees one: frames of JSON over pipes, and places marked in texts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Client:
    """Talks to `tl lsp` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tensorlogic", "lsp"]
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.texts: dict[str, str] = {}
        self._number = 0
        self._told: list[Json] = []
        self.capabilities = self.ask("initialize", processId=None, rootUri=self.uri(""), capabilities={})[
            "capabilities"
        ]
        self.tell("initialized")

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def tell(self, method: str, **params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        answer = self.answer(method, **params)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def answer(self, method: str, **params: Any) -> Json:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._number:
            self._told.append(message)
        return message

    def open(self, name: str, text: str) -> None:
        self.texts[name] = text
        document = {"uri": self.uri(name), "languageId": "tensorlogic", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)

    def change(self, name: str, text: str) -> None:
        self.texts[name] = text
        document = {"uri": self.uri(name), "version": 2}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def about(self, question: str, name: str, place: str = "", **more: Any) -> Any:
        """The answer to a question about a file, at the place before ``|`` in a part of its text."""
        return self.ask(f"textDocument/{question}", **self.at(name, place), **more)

    def at(self, name: str, place: str) -> Json:
        document: Json = {"textDocument": {"uri": self.uri(name)}}
        if not place:
            return document
        before, _, after = place.partition("|")
        offset = self.texts[name].index(before + after) + len(before)
        lines = self.texts[name][:offset].split("\n")
        return {**document, "position": {"line": len(lines) - 1, "character": _units(lines[-1])}}

    def marked(self, name: str, range: Json) -> str:
        """The line and the text that a range marks, as ``1: text``."""
        lines = self.texts[name].split("\n")
        start, end = range["start"], range["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]].encode("utf-16-le")
        return f"{start['line'] + 1}: {line[2 * start['character'] : 2 * end['character']].decode('utf-16-le')}"

    def problems(self, name: str) -> list[Json]:
        """The next diagnostics that the server tells of a file."""
        while True:
            message = self._told.pop(0) if self._told else self._receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                found: Json = message["params"]
                if found["uri"] == self.uri(name):
                    return list(found["diagnostics"])

    def stop(self) -> int:
        self.ask("shutdown")
        self.tell("exit")
        self.process.communicate(timeout=20)
        return self.process.returncode

    def _send(self, message: Json) -> None:
        assert self.process.stdin is not None
        data = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def _receive(self) -> Json:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()).strip():
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        assert length, "the server has gone"
        message: Json = json.loads(self.process.stdout.read(length))
        return message


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
