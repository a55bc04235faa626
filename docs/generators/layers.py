"""docs/layers.svg: the layers of the code, as import-linter checks them (setup.cfg), with their docstrings."""

from __future__ import annotations

import ast
import configparser
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "importlinter:contract:layers"

_WIDTH = 1000
_NAMES = 170  # where the purposes begin
_LINE = 20
_GAP = 14
STYLE = """
:root { --ground: #ffffff; --panel: #f1f5fa; --ink: #1a2733; --quiet: #51626f; --edge: #b6c4d3; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #10161d; --panel: #1b2430; --ink: #e8eef5; --quiet: #a8b5c2; --edge: #4a5a6b; }
}
text { font: 13px system-ui, sans-serif; fill: var(--quiet); }
.name { font: 600 13px ui-monospace, monospace; fill: var(--ink); }
.box { fill: var(--panel); stroke: var(--edge); }
.ground { fill: var(--ground); }
.arrow { stroke: var(--edge); stroke-width: 2; fill: none; }
"""


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
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        f'role="img" aria-label="The layers of the code">\n<style>{STYLE}</style>\n'
        f'<rect class="ground" width="{_WIDTH}" height="{top}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
