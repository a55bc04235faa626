"""Pages of the lint codes: Markdown files, package data of the wheel and `docs/lint/` in a checkout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PACKAGED_DIR = Path(__file__).parents[1] / "pages"
_PAGE_DIR = _PACKAGED_DIR if _PACKAGED_DIR.is_dir() else Path(__file__).parents[4] / "docs" / "lint"  # a checkout


class CheckPage(NamedTuple):
    """Page of a lint code."""

    text: str
    """The whole page, as Markdown."""
    title: str
    """The finding in one sentence."""
    sections: Mapping[str, str]
    """Text of each section by its heading."""

    @property
    def explanation(self) -> str:
        """Reason of the check, and how to repair the finding."""
        return f"{self.sections['Why']}\n\n{self.sections['Repair']}"


@cache
def load_page(code: str) -> CheckPage:
    """Return the page of a lint code.

    Raises:
        OSError: the installation does not contain the page.
    """
    text = (_PAGE_DIR / f"{code}.md").read_text(encoding="utf-8")
    head, *parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = {heading: body.strip() for heading, body in zip(parts[::2], parts[1::2], strict=True)}
    return CheckPage(text, head.split("\n\n")[1], sections)
