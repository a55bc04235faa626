"""What is in force of stored policies and profiles beside what v1 shows of them, and what has to be said about it.

Where the agent's judgement can be followed exactly, it is; where not, there is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from calicoctl.analysis.model.source import DEFAULT_TIER, DIRECTIONS, Direction, Enforced, PolicySource, Tier
from calicoctl.datastore import Entry
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.rules.agent_checks import felix_rejection
from calicoctl.kinds.rules.v3_only import policy_selectors, v3_only_criteria
from calicoctl.resource import Identifier
from calicoctl.selector import SelectorError
from calicoctl.storage import CorruptEntryError, StoredKind, decode

TIER_KIND = StoredKind("Tier", "tiers")
UNSUPPORTED_KINDS = {
    StoredKind("NetworkPolicy", "networkpolicies"): "left out, though the agent enforces them",
    StoredKind("GlobalNetworkSet", "globalnetworksets"): "left out, though selectors of rules can mean their networks",
    StoredKind("NetworkSet", "networksets"): "left out, though selectors of rules can mean their networks",
}
"""Kinds that v1 does not have and that have a say all the same."""


class Enforcement:
    """Tells what is in force of each policy and profile.

    Args:
        tiers: the entries of the tiers.
        notes: where to note what has to be said.
    """

    def __init__(self, tiers: Iterable[Entry], notes: list[str]) -> None:
        self._tiers = {tier.name: tier for tier in map(_decode_tier, tiers)}
        self._notes = notes
        self.default_tier = self._find_tier(DEFAULT_TIER.name)
        """The tier of all policies of v1, as the datastore has it."""

    def resolve(self, identifier: Identifier, spec: Mapping[str, Any]) -> Enforced:
        """What is in force of a resource with this v3 spec."""
        unsupported = dict(self._unsupported_criteria(identifier, spec))
        if identifier.kind == PROFILE.name:
            return Enforced(felix_rejection(spec), unsupported_criteria=unsupported)
        tier = self._find_tier(str(spec.get("tier") or DEFAULT_TIER.name))
        return Enforced(
            tier=tier, extra_selectors=self._v3_selectors(identifier, spec), unsupported_criteria=unsupported
        )

    def _find_tier(self, name: str) -> Tier:
        return self._tiers.setdefault(name, Tier(name, exists=False))

    def _v3_selectors(self, identifier: Identifier, spec: Mapping[str, Any]) -> tuple[str, ...]:
        try:
            selectors = tuple(policy_selectors(spec))
        except (SelectorError, AttributeError) as error:
            self._notes.append(f"{identifier}: judged without a selector of v3 that can't be read: {error}")
            return ()
        if selectors:
            self._notes.append(f"{identifier}: selects only {' && '.join(selectors)}, which v1 does not show")
        return selectors

    def _unsupported_criteria(
        self, identifier: Identifier, spec: Mapping[str, Any]
    ) -> Iterator[tuple[tuple[Direction, int], str]]:
        for direction in DIRECTIONS:
            for index, rule in enumerate(spec.get(direction) or ()):
                location = f"{identifier}: {direction}[{index}]"
                criteria = v3_only_criteria(rule)
                services = [field for field in criteria if field.endswith(".services")]
                if services:
                    self._notes.append(
                        f"{location} asks for {services[0]}, which only Kubernetes knows: matches nothing"
                    )
                    yield (direction, index), services[0]
                elif criteria:
                    self._notes.append(f"{location} also matches by {', '.join(criteria)}: judged without that")
                if names := list(_named_ports(rule)):
                    self._notes.append(
                        f"{location} names ports ({', '.join(names)}): judged as if no endpoint had them"
                    )

    def tier_notes(self, sources: Iterable[PolicySource]) -> Iterator[str]:
        """A note for each tier besides the one that v1 knows."""
        members: dict[Tier, list[Identifier]] = defaultdict(list)
        for source in sources:
            if source.enforced.tier.name != DEFAULT_TIER.name:
                members[source.enforced.tier].append(source.identifier)
        for tier in sorted(members, key=lambda tier: tier.sort_key):
            first, *others = members[tier]
            more = f" and {len(others)} more" if others else ""
            order = "before" if tier.sort_key < self.default_tier.sort_key else "behind"
            yield f"{first}{more}: in tier {tier.name!r}, which is tried {order} that of v1"


def unsupported_kind_note(kind: StoredKind, entries: Iterable[Entry]) -> Iterator[str]:
    """A note for the entries of a kind that v1 does not have."""
    keys = [entry.key for entry in entries]
    if keys:
        example = f"such as {keys[0]}: {UNSUPPORTED_KINDS[kind]}"
        yield f"{len(keys)} of the kind {kind.kind}, which v1 does not have, {example}"


def _decode_tier(entry: Entry) -> Tier:
    """A tier that can't be read is one that is not there."""
    name = TIER_KIND.key_suffix(entry.key)
    try:
        spec = decode(entry.key, entry.value, entry.mod_revision).spec
        order = None if spec.get("order") is None else float(spec["order"])
    except (CorruptEntryError, TypeError, ValueError):
        return Tier(name, exists=False)
    return Tier(name, order, denies=spec.get("defaultAction") != "Pass")


def _named_ports(rule: Mapping[str, Any]) -> Iterator[str]:
    for side in ("source", "destination"):
        for field in ("ports", "notPorts"):
            for port in (rule.get(side) or {}).get(field) or ():
                if isinstance(port, str) and not port.replace(":", "").isdigit():
                    yield port
