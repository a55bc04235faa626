"""Effect of stored policies and profiles beyond their v1 form: tiers, v3 selectors, unsupported criteria.

Where the behavior of Felix cannot be reproduced exactly, there is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from calicoctl.analysis.model.source import DEFAULT_TIER, DIRECTIONS, Direction, EnforcementEffect, PolicySource, Tier
from calicoctl.datastore import Entry
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.rules.agent_checks import felix_rejection
from calicoctl.kinds.rules.v3_only import policy_selectors, v3_only_criteria
from calicoctl.name_list import join_limited
from calicoctl.operations.read.lookup import TIER_KIND
from calicoctl.resource import Identifier
from calicoctl.schema.stored import read_stored_object
from calicoctl.selector import SelectorError
from calicoctl.storage import CorruptEntryError, StoredKind

UNSUPPORTED_KINDS = {
    StoredKind("NetworkPolicy", "networkpolicies"): "omitted, although Felix enforces them",
    StoredKind("GlobalNetworkSet", "globalnetworksets"): "omitted, although selectors of rules can match them",
    StoredKind("NetworkSet", "networksets"): "omitted, although selectors of rules can match them",
}
"""Kinds that v1 does not have but that affect traffic, with the text of the note."""


class ResolvedEnforcement(NamedTuple):
    """Effect of one policy or profile, and notes about it."""

    enforced: EnforcementEffect
    notes: tuple[str, ...]


class Enforcement:
    """Resolver of the effect of policies and profiles.

    Args:
        tiers: the entries of all tiers.
    """

    def __init__(self, tiers: Iterable[Entry]) -> None:
        self._tiers = {tier.name: tier for tier in map(_decode_tier, tiers)}
        self.default_tier = self._find_tier(DEFAULT_TIER.name)
        """Tier of all v1 policies, with the settings in the datastore."""

    def resolve(self, identifier: Identifier, spec: Mapping[str, Any]) -> ResolvedEnforcement:
        """Return the effect of a resource with a v3 spec."""
        unsupported, notes = _unsupported_criteria(identifier, spec)
        if identifier.kind == PROFILE.name:
            return ResolvedEnforcement(
                EnforcementEffect(felix_rejection(spec), unsupported_criteria=unsupported), notes
            )
        tier = self._find_tier(str(spec.get("tier") or DEFAULT_TIER.name))
        selectors, selector_notes = _v3_selectors(identifier, spec)
        enforced = EnforcementEffect(
            tier=tier,
            extra_selectors=selectors,
            unsupported_criteria=unsupported,
            applies_on_forward=bool(spec.get("applyOnForward")),
        )
        return ResolvedEnforcement(enforced, (*notes, *selector_notes))

    def _find_tier(self, name: str) -> Tier:
        return self._tiers.setdefault(name, Tier(name, exists=False))

    def tier_notes(self, sources: Iterable[PolicySource]) -> Iterator[str]:
        """Yield a note for each tier other than the one of v1."""
        members: dict[Tier, list[Identifier]] = defaultdict(list)
        for source in sources:
            if source.enforced.tier.name != DEFAULT_TIER.name:
                members[source.enforced.tier].append(source.identifier)
        for tier in sorted(members, key=lambda tier: tier.sort_key):
            order = "before" if tier.sort_key < self.default_tier.sort_key else "after"
            yield f"{join_limited(members[tier], 1)}: in tier {tier.name!r}, which is evaluated {order} that of v1"


def _v3_selectors(identifier: Identifier, spec: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the selectors of a policy that v1 does not show, and notes."""
    try:
        selectors = tuple(policy_selectors(spec))
    except SelectorError as error:
        return (), (f"{identifier}: evaluated without an unreadable v3 selector: {error}",)
    if not selectors:
        return (), ()
    return selectors, (f"{identifier}: selects only {' && '.join(selectors)}, which v1 does not show",)


def _unsupported_criteria(
    identifier: Identifier, spec: Mapping[str, Any]
) -> tuple[dict[tuple[Direction, int], str], tuple[str, ...]]:
    """Return the rules that match nothing, each with the criterion that is the reason, and notes."""
    unsupported: dict[tuple[Direction, int], str] = {}
    notes: list[str] = []
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            location = f"{identifier}: {direction}[{index}]"
            criteria = v3_only_criteria(rule)
            services = [field for field in criteria if field.endswith(".services")]
            if services:
                notes.append(f"{location} requires {services[0]}, which only Kubernetes supports: matches nothing")
                unsupported[direction, index] = services[0]
            elif criteria:
                notes.append(f"{location} also matches by {', '.join(criteria)}: evaluated without that")
            if names := list(_named_ports(rule)):
                notes.append(f"{location} has named ports ({', '.join(names)}): evaluated as if no endpoint had them")
    return unsupported, tuple(notes)


def unsupported_kind_note(kind: StoredKind, entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a note if there are entries of a kind that v1 does not have."""
    keys = [entry.key for entry in entries]
    if keys:
        example = f"such as {keys[0]}: {UNSUPPORTED_KINDS[kind]}"
        yield f"{len(keys)} of the kind {kind.kind}, which v1 does not have, {example}"


def _decode_tier(entry: Entry) -> Tier:
    """Decode a tier. An unreadable tier is treated as missing."""
    name = TIER_KIND.key_suffix(entry.key)
    try:
        spec = read_stored_object(TIER_KIND, entry.key, entry.value, entry.mod_revision).spec
    except CorruptEntryError:
        return Tier(name, exists=False)
    order = None if spec.get("order") is None else float(spec["order"])
    return Tier(name, order, denies=spec.get("defaultAction") != "Pass")


def _named_ports(rule: Mapping[str, Any]) -> Iterator[str]:
    for side in ("source", "destination"):
        for field in ("ports", "notPorts"):
            for port in (rule.get(side) or {}).get(field) or ():
                if isinstance(port, str) and not port.replace(":", "").isdigit():
                    yield port
