"""The term list in `docs/style.md` as a substitution rule of Vale."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

_ROW = re.compile(r"^\| (?P<terms>`[^|]+`) \| (?P<replacement>[^|]+) \|", re.MULTILINE)
_TERM = re.compile(r"`([^`]+)`")


def term_list(text: str) -> dict[str, str]:
    """Map each term to avoid to its replacement.

    Raises:
        ValueError: a term is listed twice, or there is no term list.
    """
    terms: dict[str, str] = {}
    for term, replacement in _pairs(text.partition("\n## Term list\n")[2]):
        if term in terms:
            raise ValueError(f"term '{term}' is listed twice")
        terms[term] = replacement
    if not terms:
        raise ValueError("no section '## Term list' with a table")
    return terms


def _pairs(table: str) -> Iterator[tuple[str, str]]:
    for row in _ROW.finditer(table):
        for term in _TERM.findall(row["terms"]):
            yield term, row["replacement"].strip()


def vale_rule(terms: dict[str, str]) -> str:
    """Return the rule as YAML. A space in a term also matches a line break."""
    header = [
        "# Generated from the term list in docs/style.md.",
        "extends: substitution",
        "message: \"write '%s' instead of '%s'\"",
        "level: error",
        "ignorecase: true",
        "swap:",
    ]
    # Vale uses the first alternative that matches.
    longest_first = sorted(terms, key=lambda term: (-len(term), term))
    pairs = [f"  {json.dumps(_pattern(term))}: {json.dumps(terms[term], ensure_ascii=False)}" for term in longest_first]
    return "\n".join([*header, *pairs, ""])


def _pattern(term: str) -> str:
    return r"\s+".join(map(re.escape, term.split())).replace(r"\-", "-")


def update_rule(guide: Path, rule: Path) -> None:
    """Write the rule file if the term list has changed."""
    text = vale_rule(term_list(guide.read_text(encoding="utf-8")))
    if rule.exists() and rule.read_text(encoding="utf-8") == text:
        return
    # Replaced in one step: tests run in parallel.
    temporary = rule.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(rule)
