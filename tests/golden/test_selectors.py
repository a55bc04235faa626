"""Every selector that was given to Felix 3.32: validity, canonical form, unique id, matching."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from calicoctl.selector import SelectorError, parse

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "selectors.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 870
    assert sum(row["v332"]["valid"] for row in ROWS) == 412


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_answers_like_felix(row: dict[str, Any]) -> None:
    text, felix = _text(row), row["v332"]
    if not felix["valid"]:
        with pytest.raises(SelectorError) as caught:
            parse(text)
        assert 1 <= caught.value.column <= len(text) + 1
        assert caught.value.message.isprintable()
        return
    selector = parse(text)
    assert _recorded(selector.canonical) == felix["canonical"]
    assert selector.unique_id == felix["uid"]
    assert [selector.matches(asked["labels"]) for asked in row["eval"]] == [asked["v332"] for asked in row["eval"]]


def _text(row: dict[str, Any]) -> str:
    """The selector; five rows are not UTF-8, and Python's own escape stands for their odd bytes."""
    if row["sel"] is not None:
        return str(row["sel"])
    return base64.b64decode(row["sel_b64"]).decode(errors="surrogateescape")


def _recorded(canonical: str) -> str:
    """The canonical form as the recording has it: Go's JSON replaces bytes that are not UTF-8."""
    return canonical.encode(errors="surrogateescape").decode(errors="replace")
