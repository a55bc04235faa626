"""Drafts are equal to the trees of libyaml, on mutated manifests too, and change no result.

`CALICOCTL_MUTATED_MANIFESTS=100000 pytest tests/properties/manifest/test_draft_properties.py` compares more texts than
the suite.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from calicoctl.manifest import MappingNode, Node, SequenceNode, Source
from calicoctl.manifest.compose import ParseProblem
from calicoctl.manifest.draft_reader import read_drafts
from calicoctl.manifest.lines import PositionRequiredError
from calicoctl.manifest.yaml_reader import read_yaml
from calicoctl.operations.load import parallel
from calicoctl.operations.load.manifests import LoadOptions, _validate_documents
from tests.soak.mutator import mutate

COUNT = int(os.environ.get("CALICOCTL_MUTATED_MANIFESTS", "3000"))
SEED = int(os.environ.get("CALICOCTL_SEED", "1"))
GOLDEN = Path(__file__).parents[2] / "golden" / "data"
LINES = (
    "- a: 1|- b|-|- - c|  - d|  x: y|x: y|y:|  z:|- 'q|q'|- \"q\"|- 'q'|---|--- |--- # c|- [a, 'b', \"c\"]|"
    "p: [80, 9-1]|p: [a,]|p: [a b]|p: []|p: {}|p: {a: 1}|# c|  # c||  |\t|- &a x|- *a|%YAML 1.2|...|"
    "? x|: y|- a && b|- !!str 1|{|}|- a:b|- a: b: c|- a #c|- a#c|- -1|- .5|- ~|~: 1|null: 1|a-b/c.d: e|- a :b|"
    "- a: 'it''s'|- a: \"\\n\"|    w: x|    - w|- k:|  k: |  l:   v  |-   m: n|      o: p|a: b c|"
    "  continued|<<: {a: 1}|- é|é: 1|# é|1: 2|- a:|: 3"
)


def fields(text: str) -> Iterator[str]:
    """Yield the texts in recorded rows that look like manifests."""
    stack: list[Any] = [json.loads(text)]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if "kind" in value:
                yield value
        else:
            stack.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def golden_manifests() -> list[bytes]:
    """All manifests in the recorded rows and in the examples."""
    texts = dict.fromkeys(
        text
        for path in sorted(GOLDEN.glob("*.jsonl"))
        for row in path.read_text(encoding="utf-8").split("\n")
        if row
        for text in fields(row)
    )
    examples = sorted(Path(__file__).parents[3].glob("examples/**/*.yaml"))
    return [*(text.encode() for text in texts), *(path.read_bytes() for path in examples)]


CORPUS = golden_manifests()


def seeded() -> Random:
    return Random(SEED)  # noqa: S311 - reproducible, not secret


def random_lines(random: Random) -> str:
    line_break = "\n" if random.random() < 0.95 else random.choice(("\r\n", "\r", "\u2028", "\x85"))
    lines = random.choices(LINES.split("|"), k=random.randint(1, 9))
    return line_break.join(lines) + random.choice(("", line_break))


def mutated(random: Random) -> Iterator[str]:
    """Yield random texts: golden manifests, mutated ones, and random lines."""
    for index in range(COUNT):
        if index % 3 == 0:
            yield random_lines(random)
            continue
        data = random.choice(CORPUS)
        if index % 3 == 1:
            data = mutate(random, data, CORPUS)
        else:
            lines = data.decode().split("\n")
            lines.insert(random.randint(0, len(lines)), random.choice((*LINES.split("|"), random.choice(lines))))
            data = "\n".join(lines).encode()
        yield data.decode(errors="replace")


def shape(node: Node) -> Any:
    """Return the values, types and positions of a tree; without the lines that drafts lack."""
    try:
        line: int | None = node.line
    except PositionRequiredError:
        line = None
    if isinstance(node, MappingNode):
        what: Any = [(name, shape(key), shape(value)) for name, (key, value) in node.entries.items()]
        return "mapping", line if what else None, node.column, node.alias, what
    if isinstance(node, SequenceNode):
        return "sequence", None, node.column, node.alias, [shape(item) for item in node.items]
    return "scalar", None, node.column, node.alias, node.text, node.tag


def assert_equal_tree(text: str) -> bool:
    """Compare a draft with the tree of libyaml; return whether there is a draft."""
    drafts = read_drafts(text)
    if drafts is None:
        return False
    problems: list[ParseProblem] = []
    roots = read_yaml(text, problems.append)
    assert not problems, text
    assert [shape(root) for root in drafts] == [shape(root) for root in roots], text
    return True


def test_golden_manifests_have_equal_trees() -> None:
    drafts = [assert_equal_tree(data.decode()) for data in CORPUS]
    assert sum(drafts) > 100


def test_mutated_manifests_have_equal_trees() -> None:
    drafts = [assert_equal_tree(text) for text in mutated(seeded())]
    assert sum(drafts) > COUNT / 20


def test_mutated_manifests_have_equal_results() -> None:
    processor = partial(_validate_documents, paths=["m.yaml"], options=LoadOptions(v3_objects=True))
    golden = [data.decode() for data in CORPUS[:: max(1, len(CORPUS) // 300)]]
    for text in [*golden, *islice(mutated(seeded()), COUNT // 5)]:
        sources = [Source("m.yaml", text)]
        with_drafts = parallel.process_documents(sources, processor)
        whole = parallel.process_documents(sources, processor, in_one=True)
        assert repr(with_drafts) == repr(whole), text  # bound methods in them are never equal
