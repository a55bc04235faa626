"""Match criteria that only v3 has: list them, and convert those with an exact v1 form.

Felix builds the same form itself: it evaluates a namespaceSelector on labels with the prefix `pcns.` and a
serviceAccounts selector on labels with `pcsa.` (libcalico-go `updateprocessors`, `PrefixVisitor`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.rules.convert import ENTITY_FIELDS, RULE_FIELDS, Rule, rules_from_v3
from calicoctl.kinds.rules.memoize import memoized
from calicoctl.kinds.values.labels import (
    NAMESPACE_LABEL,
    NAMESPACE_LABEL_PREFIX,
    SERVICE_ACCOUNT_LABEL,
    SERVICE_ACCOUNT_LABEL_PREFIX,
)
from calicoctl.selector import SelectorError, parse
from calicoctl.selector.nodes import All, And, Condition, Global, Has, Node, Not, Or, canonical, postorder
from calicoctl.storage import StoredResource

_NO_CRITERIA = frozenset((*RULE_FIELDS.v3_names, *SIDES, "metadata"))
"""Fields of a v3 rule that are not v3-only match criteria."""
_ENTITY_FIELDS = frozenset(ENTITY_FIELDS.v3_names)
CONVERTIBLE_FIELDS = frozenset(("namespaceSelector", "serviceAccounts"))
"""Fields of `source` and `destination` in v3 that have an exact v1 form if they can be parsed."""


@memoized
def v3_only_criteria(rule: Rule) -> list[str]:
    """Return the match criteria of a v3 rule without a v1 form, such as `http` or `source.services`."""
    criteria = [field for field, value in rule.items() if value and field not in _NO_CRITERIA]
    for side in SIDES:
        entity = rule.get(side) or {}
        known = _ENTITY_FIELDS if _converted_selectors(entity) is None else _ENTITY_FIELDS | CONVERTIBLE_FIELDS
        criteria += [f"{side}.{field}" for field, value in entity.items() if value and field not in known]
    return criteria


def with_v1_selectors(rule: Rule, namespace: str = "") -> dict[str, Any]:
    """Return the v3 rule with namespaceSelector and serviceAccounts as part of the selectors.

    Args:
        rule: the rule.
        namespace: namespace of the policy; empty for a global one. The selectors of a namespaced policy match its own
            namespace unless there is a namespaceSelector; networks and ports alone match everywhere (libcalico-go
            `updateprocessors/rules.go`, `getEndpointSelector`).
    """
    converted = dict(rule)
    for side in SIDES:
        entity = rule.get(side)
        if not entity or (CONVERTIBLE_FIELDS.isdisjoint(entity) and not namespace):
            continue
        if added_selectors := _converted_selectors(entity, namespace):
            selector = entity.get("selector") or ""
            parts = [f"({selector})", *added_selectors] if selector.strip() else added_selectors
            kept = {field: value for field, value in entity.items() if field not in CONVERTIBLE_FIELDS}
            converted[side] = {**kept, "selector": " && ".join(parts)}
    return converted


def v1_view(rules: Iterable[Rule] | None) -> list[dict[str, Any]]:
    """Return stored v3 rules as v1 rules, without the criteria that `v3_only_criteria` lists."""
    return [_v1_rule_view(rule) for rule in rules or ()]


@memoized
def _v1_rule_view(rule: Rule) -> dict[str, Any]:
    return rules_from_v3([with_v1_selectors(rule)])[0]


def unrepresentable(stored: StoredResource) -> Iterator[str]:
    """Yield descriptions of v3-only criteria of a profile or policy: its v1 form matches more traffic than it does."""
    spec = stored.spec
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            if criteria := v3_only_criteria(rule):
                yield f"{direction}[{index}] also matches by {', '.join(criteria)}"
    if (tier := spec.get("tier") or "default") != "default":
        yield f"is in tier {tier!r}"
    for field in ("namespaceSelector", "serviceAccountSelector"):
        if spec.get(field):
            yield f"is limited by {field}"
    yield from _unrepresentable_flags(spec)


def _unrepresentable_flags(spec: Mapping[str, Any]) -> Iterator[str]:
    # Calico sets applyOnForward with doNotTrack and preDNAT.
    if spec.get("applyOnForward") and not (spec.get("doNotTrack") or spec.get("preDNAT")):
        yield "applies to forwarded traffic as well (applyOnForward)"
    if spec.get("performanceHints"):
        yield "has performanceHints"


def policy_selectors(spec: Mapping[str, Any], namespace: str = "") -> Iterator[str]:
    """Yield the v1 selectors for the namespace, namespaceSelector and serviceAccountSelector of a policy.

    In these selectors of a global policy, `all()` requires a namespace or a service account (libcalico-go
    `updateprocessors/globalnetworkpolicyprocessor.go`, `networkpolicyprocessor.go`).

    Raises:
        SelectorError: one of them cannot be parsed.
    """
    if namespace:
        yield own_namespace_selector(namespace)
    else:
        yield from _namespace_selectors(spec.get("namespaceSelector") or "")
    if selector := spec.get("serviceAccountSelector"):
        all_of = None if namespace else SERVICE_ACCOUNT_LABEL
        yield _prefix_labels(parse(selector.strip()).root, SERVICE_ACCOUNT_LABEL_PREFIX, all_of)


def own_namespace_selector(namespace: str) -> str:
    """Return the selector of the endpoints and network sets of a namespace."""
    return f"{NAMESPACE_LABEL} == '{namespace}'"


def limited_selector(spec: Mapping[str, Any]) -> str:
    """Return the selector of a global policy with its `all()` as in Felix.

    If the policy has a namespaceSelector, Felix replaces the text `all()` in the combined selector; likewise with a
    serviceAccountSelector (libcalico-go `updateprocessors/globalnetworkpolicyprocessor.go`).
    """
    selector = str(spec.get("selector") or "")
    for field, label in (("namespaceSelector", NAMESPACE_LABEL), ("serviceAccountSelector", SERVICE_ACCOUNT_LABEL)):
        if spec.get(field):
            selector = selector.replace("all()", f"has({label})")
    return selector


def _converted_selectors(entity: Mapping[str, Any], namespace: str = "") -> list[str] | None:
    """Return the v1 selectors for namespaceSelector and serviceAccounts; None if these cannot be parsed."""
    try:
        converted = [
            *_namespace_selectors(entity.get("namespaceSelector") or ""),
            *_account_selectors(entity.get("serviceAccounts") or {}),
        ]
    except (SelectorError, AttributeError, TypeError):
        return None
    has_selector = converted or entity.get("selector") or entity.get("notSelector")
    if namespace and has_selector and not entity.get("namespaceSelector"):
        return [own_namespace_selector(namespace), *converted]
    return converted


def _namespace_selectors(selector: str) -> Iterator[str]:
    """Yield the selector of namespaces as one of endpoints and network sets.

    `all()` matches those in any namespace, `global()` those without one.
    """
    if selector:
        yield _prefix_labels(parse(selector.strip()).root, NAMESPACE_LABEL_PREFIX, NAMESPACE_LABEL)


def _account_selectors(accounts: Mapping[str, Any]) -> Iterator[str]:
    if selector := accounts.get("selector"):
        yield _prefix_labels(parse(selector.strip()).root, SERVICE_ACCOUNT_LABEL_PREFIX)
    if names := accounts.get("names"):
        listed = ", ".join(f"'{name}'" for name in names)
        yield f"{SERVICE_ACCOUNT_LABEL} in {{{listed}}}"


def _prefix_labels(root: Node, prefix: str, all_label: str | None = None) -> str:
    """Return the canonical text of a selector with a prefix before each label.

    With `all_label`, `all()` requires this label, and `global()` that it is missing.
    """
    built: list[Node] = []
    for node in postorder(root):
        if isinstance(node, Not):
            built.append(Not(built.pop()))
        elif isinstance(node, And | Or):
            operands = tuple(built[-len(node.operands) :])
            del built[-len(node.operands) :]
            built.append(type(node)(operands))
        else:
            built.append(_prefix_condition(node, prefix, all_label))
    return canonical(built[0])


def _prefix_condition(condition: Condition, prefix: str, all_label: str | None) -> Node:
    if not isinstance(condition, All | Global):
        return replace(condition, label=prefix + condition.label)
    if all_label is None:
        return condition
    return Has(all_label) if isinstance(condition, All) else Not(Has(all_label))
