"""Writes `tables.py`: what lark makes of `selector.lark`, so that a command need not wait while it is made.

`python -m calicoctl.selector.precompute` writes it; with `--check` it only tells whether it is of this grammar.
Another version of lark than the one that made the tables does not use them, but builds the parser itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zlib import crc32

from lark import __version__
from lark.grammar import Rule
from lark.lexer import TerminalDef

from calicoctl.selector import tables
from calicoctl.selector.parser import GRAMMAR, build

TABLES = Path(__file__).with_name("tables.py")
COMMAND = "python -m calicoctl.selector.precompute"


def text() -> str:
    """The module `tables`, by the lark that is installed. States are numbered anew each time."""
    data, memo = build().memo_serialize([TerminalDef, Rule])
    # Objects of this process: of no use once the tables are made.
    data["options"].update(import_paths=[], source_path=None, transformer=None)
    return (
        f'"""What lark makes of `selector.lark`. Written by `{COMMAND}`."""\n\n'
        f"from typing import Any\n\n"
        f'LARK = "{__version__}"\n"""The version of lark that made these, and that reads them."""\n\n'
        f'GRAMMAR = {checksum()}\n"""The grammar that they were made of, as a checksum."""\n\n'
        f"DATA: dict[str, Any] = {data!r}\n\n"
        f"MEMO: dict[int, Any] = {memo!r}\n"
    )


def checksum() -> int:
    """The checksum of the grammar, as it stands now."""
    return crc32(GRAMMAR.read_bytes())


if __name__ == "__main__":
    if "--check" not in sys.argv:
        TABLES.write_text(text(), encoding="utf-8")
    elif checksum() != tables.GRAMMAR:
        sys.exit(f"{TABLES.name} was not made of this grammar: run {COMMAND}")
