"""What a v3 rule says that v1 can't: found, named, and where it has an exact v1 form, put into it.

The exact forms are those that the agent itself builds: a namespaceSelector selects by labels with the prefix
`pcns.`, a serviceAccounts selector by labels with `pcsa.` (libcalico-go `updateprocessors`, `PrefixVisitor`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from calicoctl.kinds.rules.convert import rules_from_v3
from calicoctl.kinds.rules.memoize import memoized
from calicoctl.selector import SelectorError, parse
from calicoctl.selector.nodes import All, And, Condition, Global, Node, Not, Or, canonical, postorder
from calicoctl.storage import StoredResource

Rule = Mapping[str, Any]

_NAMESPACE_NAME_LABEL = "projectcalico.org/namespace"
SERVICE_ACCOUNT_LABEL = "projectcalico.org/serviceaccount"
NAMESPACE_LABEL_PREFIX = "pcns."
"""Before the labels of the namespace that a workload is in; a profile hands them down."""
SERVICE_ACCOUNT_LABEL_PREFIX = "pcsa."
_RULE_FIELDS = frozenset(
    ("action", "ipVersion", "protocol", "icmp", "notProtocol", "notICMP", "source", "destination", "metadata")
)
_ENTITY_FIELDS = frozenset(("nets", "selector", "ports", "notNets", "notSelector", "notPorts"))
CONVERTIBLE_FIELDS = frozenset(("namespaceSelector", "serviceAccounts"))
"""Criteria of v3 that have an exact v1 form, unless what they hold can't be parsed."""


@memoized
def v3_only_criteria(rule: Rule) -> list[str]:
    """The match criteria of a v3 rule that have no v1 form, such as `http` or `source.services`."""
    criteria = [field for field, value in rule.items() if value and field not in _RULE_FIELDS]
    for side in ("source", "destination"):
        entity = rule.get(side) or {}
        criteria += [
            f"{side}.{field}"
            for field, value in entity.items()
            if value
            and field not in _ENTITY_FIELDS
            and (field not in CONVERTIBLE_FIELDS or _converted_selectors(entity) is None)
        ]
    return criteria


@memoized
def has_v3_only(rule: Rule) -> bool:
    """Whether a v3 rule holds anything that a v1 rule does not say in the same way."""
    has_unknown_field = any(value and field not in _RULE_FIELDS for field, value in rule.items())
    entities = (rule.get(side) or {} for side in ("source", "destination"))
    return has_unknown_field or bool(rule.get("metadata")) or any(set(entity) - _ENTITY_FIELDS for entity in entities)


def with_v1_selectors(rule: Rule) -> dict[str, Any]:
    """The v3 rule with namespaceSelector and serviceAccounts written as selectors."""
    converted = dict(rule)
    for side in ("source", "destination"):
        entity = rule.get(side)
        if not entity or CONVERTIBLE_FIELDS.isdisjoint(entity):
            continue
        added_selectors = _converted_selectors(entity)
        if added_selectors:
            selector = entity.get("selector") or ""
            parts = [*([f"({selector})"] if selector.strip() else []), *added_selectors]
            converted[side] = {
                **{field: value for field, value in entity.items() if field not in CONVERTIBLE_FIELDS},
                "selector": " && ".join(parts) if len(parts) > 1 else added_selectors[0],
            }
    return converted


def v1_view(rules: Iterable[Rule] | None) -> list[dict[str, Any]]:
    """Stored v3 rules as v1 rules; criteria without a v1 form are left out, `v3_only_criteria` names them."""
    return [_v1_rule_view(rule) for rule in rules or ()]


@memoized
def _v1_rule_view(rule: Rule) -> dict[str, Any]:
    return rules_from_v3([with_v1_selectors(rule)])[0]


def unrepresentable(stored: StoredResource) -> Iterator[str]:
    """What v1 can't show of a profile or policy: what is shown would match more than what is in force."""
    spec = stored.spec
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(spec.get(direction) or ()):
            if criteria := v3_only_criteria(rule):
                yield f"{direction}[{index}] also matches by {', '.join(criteria)}"
    if (tier := spec.get("tier") or "default") != "default":
        yield f"is in tier {tier!r}"
    for field in ("namespaceSelector", "serviceAccountSelector"):
        if spec.get(field):
            yield f"is limited by {field}"


def _converted_selectors(entity: Mapping[str, Any]) -> list[str] | None:
    """The selectors that namespaceSelector and serviceAccounts stand for; None when they can't be parsed."""
    try:
        return [
            *_namespace_selectors(entity.get("namespaceSelector") or ""),
            *_account_selectors(entity.get("serviceAccounts") or {}),
        ]
    except (SelectorError, AttributeError, TypeError):
        return None


def _namespace_selectors(selector: str) -> Iterator[str]:
    if not selector:
        return
    root = parse(selector.strip()).root
    if isinstance(root, All):
        yield f"has({_NAMESPACE_NAME_LABEL})"
    elif isinstance(root, Global):
        yield f"!has({_NAMESPACE_NAME_LABEL})"
    else:
        yield _prefix_labels(root, NAMESPACE_LABEL_PREFIX)


def policy_selectors(spec: Mapping[str, Any]) -> Iterator[str]:
    """The selectors that namespaceSelector and serviceAccountSelector of a policy stand for.

    Raises:
        SelectorError: one of them can't be parsed.
    """
    yield from _namespace_selectors(spec.get("namespaceSelector") or "")
    if selector := spec.get("serviceAccountSelector"):
        root = parse(selector.strip()).root
        yield (
            f"has({SERVICE_ACCOUNT_LABEL})"
            if isinstance(root, All)
            else _prefix_labels(root, SERVICE_ACCOUNT_LABEL_PREFIX)
        )


def _account_selectors(accounts: Mapping[str, Any]) -> Iterator[str]:
    if selector := accounts.get("selector"):
        yield _prefix_labels(parse(selector.strip()).root, SERVICE_ACCOUNT_LABEL_PREFIX)
    if names := accounts.get("names"):
        listed = ", ".join(f"'{name}'" for name in names)
        yield f"{SERVICE_ACCOUNT_LABEL} in {{{listed}}}"


def _prefix_labels(root: Node, prefix: str) -> str:
    """The canonical form of a selector with a prefix before each of its labels."""
    built: list[Node] = []
    for node in postorder(root):
        if isinstance(node, Not):
            built.append(Not(built.pop()))
        elif isinstance(node, And | Or):
            operands = tuple(built[-len(node.operands) :])
            del built[-len(node.operands) :]
            built.append(type(node)(operands))
        else:
            built.append(_prefix_condition(node, prefix))
    return canonical(built[0])


def _prefix_condition(condition: Condition, prefix: str) -> Condition:
    if isinstance(condition, All | Global):
        return condition
    return replace(condition, label=prefix + condition.label)
