"""docs/layers.svg: the layers of the code, as import-linter checks them (setup.cfg), with their docstrings."""

from __future__ import annotations

import ast
import configparser
from html import escape
from pathlib import Path

from docs.generators.svg import svg_document

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "importlinter:contract:layers"

_WIDTH = 1000
_NAMES = 170  # where the purposes begin
_LINE = 20
_GAP = 14


def layers() -> list[list[str]]:
    """The layers of the contract from top to bottom, each with its packages, without `calicoctl.`."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = setup[CONTRACT]["layers"].split("\n")
    return [[name.strip().removeprefix("calicoctl.") for name in line.split("|")] for line in lines if line.strip()]


def purpose(name: str) -> str:
    """The first line of the docstring of a module or package."""
    path = ROOT.joinpath("calicoctl", *name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].rstrip(".")


def picture() -> str:
    """The picture: a box for each layer, the upper ones import the lower ones."""
    parts: list[str] = []
    top = _GAP
    rows = layers()
    for number, names in enumerate(rows):
        height = _LINE * len(names) + 12
        parts.append(f'<rect class="box" x="{_GAP}" y="{top}" width="{_WIDTH - 2 * _GAP}" height="{height}" rx="6"/>')
        for line, name in enumerate(names):
            y = top + 6 + _LINE * line + 14
            parts.append(f'<text class="name" x="{2 * _GAP}" y="{y}">{escape(name)}</text>')
            parts.append(f'<text x="{_NAMES}" y="{y}">{escape(purpose(name))}</text>')
        top += height
        if number < len(rows) - 1:
            x = 2 * _GAP + 20
            parts.append(f'<path class="arrow" d="M{x} {top + 1} v{_GAP - 3} m-4 -5 l4 5 l4 -5"/>')
        top += _GAP
    return svg_document(_WIDTH, top, "The layers of the code", parts)
