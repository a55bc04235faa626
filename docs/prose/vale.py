"""Runs Vale on texts and returns its findings."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypedDict

from docs.prose.python_text import OPENING_MARK
from docs.prose.texts import Text


class ProseFinding(NamedTuple):
    """A text that violates a rule. Lines and columns count from 1."""

    origin: str
    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}:{self.column}: {self.message} [{self.rule}]"


class Alert(TypedDict):
    """An alert of Vale; only the fields that are used."""

    Line: int
    Span: tuple[int, int]
    Match: str
    Check: str
    Message: str


def run_vale(program: Path, config: Path, texts: Iterable[Text]) -> list[ProseFinding]:
    """Check texts.

    Raises:
        RuntimeError: Vale failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = _write(Path(folder), texts)
        output = _output(program, config, [*files])
        return [_finding(files[name], alert) for name, alerts in json.loads(output).items() for alert in alerts]


def _write(folder: Path, texts: Iterable[Text]) -> dict[str, Text]:
    """Write a file for each text, and map its path to the text."""
    files: dict[str, Text] = {}
    for number, text in enumerate(texts):
        path = folder / f"{number:05}{text.suffix}"
        path.write_text(text.content, encoding="utf-8")
        files[str(path)] = text
    return files


def _output(program: Path, config: Path, paths: list[str]) -> str:
    command = [str(program), f"--config={config}", "--no-global", "--output=JSON", *paths]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1: findings of level error. Vale reports a wrong configuration with 2, on either stream.
    if process.returncode not in {0, 1} or not process.stdout.startswith("{"):
        raise RuntimeError(f"vale failed: {process.stderr or process.stdout}")
    return process.stdout


def _finding(text: Text, alert: Alert) -> ProseFinding:
    line = alert["Line"]
    # A match of DocstringOpening starts at the mark before the first word.
    column = alert["Span"][0] + text.indents.get(line, 0) + alert["Match"].startswith(OPENING_MARK)
    message = " ".join(alert["Message"].replace(OPENING_MARK, "").split())
    return ProseFinding(text.origin, line, column, alert["Check"], message)
