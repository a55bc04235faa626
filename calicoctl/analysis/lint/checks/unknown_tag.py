"""CAL006: tags that no endpoint has."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.suggestion import suggestion


def find(context: LintContext) -> Iterator[Issue]:
    """Report tags in rules that no endpoint has."""
    if not context.label_index.has_endpoints:
        return
    tags = sorted(label for label, values in context.label_index.values.items() if "" in values)
    for owner in context.input_policy_set.rule_owners:
        for field in selector_fields(owner):
            if field.is_tag and field.text not in tags:
                hint = suggestion(field.text, tags)
                yield Issue(owner.origin, field.path, f"no endpoint has the tag {field.text!r}{hint}")
