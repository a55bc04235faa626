"""CAL020 and CAL021: comments that are meant to silence findings. They are found where manifests are read."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.findings import Severity


def _find(_survey: LintContext) -> Iterator[Issue]:
    return iter(())


WRONG_IGNORE = Check(
    "CAL020",
    "wrong-ignore",
    Severity.WARNING,
    "A comment that is meant to silence a finding, but names no code that there is, or is written differently.",
    """\
Such a comment is `# calicoctl: ignore=CAL015`, with several codes as `ignore=CAL002,CAL015`; `ignore-file` in place
of `ignore` is for the whole file. Whatever follows behind a blank says why.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web  # calicoctl: ignore=CAL999
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
""",
    _find,
)

UNUSED_IGNORE = Check(
    "CAL021",
    "unused-ignore",
    Severity.NOTE,
    "A comment that silences a finding which is not there.",
    """\
What it was for has been mended, or it stands in the wrong place: at the end of the line of the finding, or alone in
the line above. At the first line of a rule or of a resource it is for all of that rule or resource.

Remove the comment.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  egress:
  - action: allow
    destination:
      nets: [10.0.0.0/8]  # calicoctl: ignore=CAL016 there is no IPv6 here
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  egress:
  - action: allow
    destination:
      notNets: [10.0.0.0/8]  # calicoctl: ignore=CAL016 there is no IPv6 here
""",
    _find,
)
