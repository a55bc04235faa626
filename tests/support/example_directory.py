"""Copy of the example with policies, profiles and a policy test of them."""

from __future__ import annotations

import re
from pathlib import Path

_EXAMPLE = Path(__file__).parents[2] / "examples" / "policies-by-label"


def copy_example(folder: Path) -> None:
    """Write the files of the example into a new directory. The policy test is about all manifests beside it."""
    folder.mkdir(parents=True)
    for file in _EXAMPLE.glob("*.yaml"):
        text = re.sub(r"  manifests: .*\n", "", file.read_text(encoding="utf-8"))
        (folder / file.name).write_text(text, encoding="utf-8")
