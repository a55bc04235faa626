"""What a v3 rule says that v1 can't: found, named, and where it has an exact v1 form, put into it.

The exact forms are those that the agent itself builds: a namespaceSelector selects by labels with the prefix
`pcns.`, a serviceAccounts selector by labels with `pcsa.` (libcalico-go `updateprocessors`, `PrefixVisitor`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from calicoctl.kinds.remembered import remembered
from calicoctl.kinds.rules import rules_from_v3
from calicoctl.selector import SelectorError, parse
from calicoctl.selector.nodes import All, And, Condition, Global, Node, Not, Or, canonical, postorder
from calicoctl.storage import StoredResource

Rule = Mapping[str, Any]

_NAMESPACE_LABEL = "projectcalico.org/namespace"
ACCOUNT_LABEL = "projectcalico.org/serviceaccount"
NAMESPACE_PREFIX = "pcns."
"""Before the labels of the namespace that a workload is in; a profile hands them down."""
ACCOUNT_PREFIX = "pcsa."
_RULE_FIELDS = frozenset(
    ("action", "ipVersion", "protocol", "icmp", "notProtocol", "notICMP", "source", "destination", "metadata")
)
_ENTITY_FIELDS = frozenset(("nets", "selector", "ports", "notNets", "notSelector", "notPorts"))
CONVERTIBLE = frozenset(("namespaceSelector", "serviceAccounts"))
"""Criteria of v3 that have an exact v1 form, unless what they hold can't be parsed."""


@remembered
def foreign_criteria(rule: Rule) -> list[str]:
    """The match criteria of a v3 rule that have no v1 form, such as `http` or `source.services`."""
    found = [field for field, value in rule.items() if value and field not in _RULE_FIELDS]
    for side in ("source", "destination"):
        entity = rule.get(side) or {}
        found += [
            f"{side}.{field}"
            for field, value in entity.items()
            if value and field not in _ENTITY_FIELDS and (field not in CONVERTIBLE or _extra_selector(entity) is None)
        ]
    return found


@remembered
def has_more(rule: Rule) -> bool:
    """Whether a v3 rule holds anything that a v1 rule does not say in the same way."""
    beyond = any(value and field not in _RULE_FIELDS for field, value in rule.items())
    entities = (rule.get(side) or {} for side in ("source", "destination"))
    return beyond or bool(rule.get("metadata")) or any(set(entity) - _ENTITY_FIELDS for entity in entities)


def in_v1_terms(rule: Rule) -> dict[str, Any]:
    """The v3 rule with namespaceSelector and serviceAccounts written as selectors."""
    plain = dict(rule)
    for side in ("source", "destination"):
        entity = rule.get(side)
        if not entity or CONVERTIBLE.isdisjoint(entity):
            continue
        extra = _extra_selector(entity)
        if extra:
            own = entity.get("selector") or ""
            parts = [*([f"({own})"] if own.strip() else []), *extra]
            plain[side] = {
                **{field: value for field, value in entity.items() if field not in CONVERTIBLE},
                "selector": " && ".join(parts) if len(parts) > 1 else extra[0],
            }
    return plain


def shown_rules(rules: Iterable[Rule] | None) -> list[dict[str, Any]]:
    """Stored v3 rules as v1 rules; criteria without a v1 form are left out, `foreign_criteria` names them."""
    return [_shown_rule(rule) for rule in rules or ()]


@remembered
def _shown_rule(rule: Rule) -> dict[str, Any]:
    return rules_from_v3([in_v1_terms(rule)])[0]


def beyond_v1(stored: StoredResource) -> Iterator[str]:
    """What v1 can't show of a profile or policy: what is shown would match more than what is in force."""
    spec = stored.spec
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(spec.get(direction) or ()):
            if criteria := foreign_criteria(rule):
                yield f"{direction}[{index}] also matches by {', '.join(criteria)}"
    if (tier := spec.get("tier") or "default") != "default":
        yield f"is in tier {tier!r}"
    for field in ("namespaceSelector", "serviceAccountSelector"):
        if spec.get(field):
            yield f"is limited by {field}"


def _extra_selector(entity: Mapping[str, Any]) -> list[str] | None:
    """The selectors that namespaceSelector and serviceAccounts stand for; None when they can't be parsed."""
    try:
        return [
            *_of_namespaces(entity.get("namespaceSelector") or ""),
            *_of_accounts(entity.get("serviceAccounts") or {}),
        ]
    except (SelectorError, AttributeError, TypeError):
        return None


def _of_namespaces(selector: str) -> Iterator[str]:
    if not selector:
        return
    root = parse(selector.strip()).root
    if isinstance(root, All):
        yield f"has({_NAMESPACE_LABEL})"
    elif isinstance(root, Global):
        yield f"!has({_NAMESPACE_LABEL})"
    else:
        yield _prefixed(root, NAMESPACE_PREFIX)


def limits(spec: Mapping[str, Any]) -> Iterator[str]:
    """The selectors that namespaceSelector and serviceAccountSelector of a policy stand for.

    Raises:
        SelectorError: one of them can't be parsed.
    """
    yield from _of_namespaces(spec.get("namespaceSelector") or "")
    if selector := spec.get("serviceAccountSelector"):
        root = parse(selector.strip()).root
        yield f"has({ACCOUNT_LABEL})" if isinstance(root, All) else _prefixed(root, ACCOUNT_PREFIX)


def _of_accounts(accounts: Mapping[str, Any]) -> Iterator[str]:
    if selector := accounts.get("selector"):
        yield _prefixed(parse(selector.strip()).root, ACCOUNT_PREFIX)
    if names := accounts.get("names"):
        listed = ", ".join(f"'{name}'" for name in names)
        yield f"{ACCOUNT_LABEL} in {{{listed}}}"


def _prefixed(root: Node, prefix: str) -> str:
    """The canonical form of a selector with a prefix before each of its labels."""
    done: list[Node] = []
    for node in postorder(root):
        if isinstance(node, Not):
            done.append(Not(done.pop()))
        elif isinstance(node, And | Or):
            operands = tuple(done[-len(node.operands) :])
            del done[-len(node.operands) :]
            done.append(type(node)(operands))
        else:
            done.append(_with_prefix(node, prefix))
    return canonical(done[0])


def _with_prefix(condition: Condition, prefix: str) -> Condition:
    if isinstance(condition, All | Global):
        return condition
    return replace(condition, label=prefix + condition.label)
