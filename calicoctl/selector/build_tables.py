"""Writes `parser_tables.py`: what lark makes of `selector.lark`, so that a command need not wait while it is made.

`python -m calicoctl.selector.build_tables` writes it; with `--check` it only tells whether it is of this grammar.
Another version of lark than the one that made the tables does not use them, but builds the parser itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zlib import crc32

from lark import __version__
from lark.grammar import Rule
from lark.lexer import TerminalDef

from calicoctl.selector import parser_tables
from calicoctl.selector.parser import GRAMMAR_FILE, build_parser

TABLES_FILE = Path(__file__).with_name("parser_tables.py")
COMMAND = "python -m calicoctl.selector.build_tables"


def tables_source() -> str:
    """The module `tables`, by the lark that is installed. States are numbered anew each time."""
    data, memo = build_parser().memo_serialize([TerminalDef, Rule])
    # Objects of this process: of no use once the tables are made.
    data["options"].update(import_paths=[], source_path=None, transformer=None)
    return (
        f'"""What lark makes of `selector.lark`. Written by `{COMMAND}`."""\n\n'
        f"from typing import Any\n\n"
        f'LARK = "{__version__}"\n"""The version of lark that made these, and that reads them."""\n\n'
        f'GRAMMAR = {grammar_checksum()}\n"""The grammar that they were made of, as a checksum."""\n\n'
        f"DATA: dict[str, Any] = {data!r}\n\n"
        f"MEMO: dict[int, Any] = {memo!r}\n"
    )


def grammar_checksum() -> int:
    """The checksum of the grammar, as it stands now."""
    return crc32(GRAMMAR_FILE.read_bytes())


if __name__ == "__main__":
    if "--check" not in sys.argv:
        TABLES_FILE.write_text(tables_source(), encoding="utf-8")
    elif grammar_checksum() != parser_tables.GRAMMAR:
        sys.exit(f"{TABLES_FILE.name} was not made of this grammar: run {COMMAND}")
