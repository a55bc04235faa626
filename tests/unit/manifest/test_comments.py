"""Comments of manifests: where a `#` begins one."""

from __future__ import annotations

from calicoctl.manifest import Source
from calicoctl.manifest.comments import find_comments

TEXTS = """\
# 1 top
a: 'x # no'  # 2 behind quotes
b: "several
  # no
  lines" # 5 behind them
c: |  # 6 at the head of a block
  text
  # no

  more # no
# 11 behind a block
d: >-
  folded # no
 # 14 less deep than the block
e: plain#no # 15 plain
f: [a, 'b#', "c #d"] # 16 in brackets
"k # no": v # 17 behind a key
g: |+
  keep # no

# 21 behind blank lines
...
# 23 between documents
---
h: ! 'y' # 25 behind a tag
\u00e4\u00f6: '\U0001f600 # no' # 26 behind what takes more bytes than columns
- {a: b}#no
"""


def test_a_comment_is_none_within_quotes_and_blocks() -> None:
    text = TEXTS.replace("- {a: b}#no\n", "")
    found = list(find_comments(Source("-", text)))
    assert [int(comment.text.split()[1]) for comment in found] == [comment.line for comment in found]
    assert len(found) == text.count("# ") - text.count("# no")
    assert [comment.line for comment in found if comment.on_own_line] == [1, 11, 14, 21, 23]
    lines = text.splitlines()
    assert all(lines[comment.line - 1][comment.column - 1 :] == comment.text for comment in found)
