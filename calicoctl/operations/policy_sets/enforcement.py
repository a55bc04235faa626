"""Effect of stored policies and profiles beyond their v1 form: tiers, v3 selectors, unsupported criteria.

Where the behavior of Felix cannot be reproduced exactly, there is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from calicoctl.analysis.model.source import DEFAULT_TIER, DIRECTIONS, Direction, EnforcementEffect, PolicySource, Tier
from calicoctl.datastore import Entry
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.rules.agent_checks import felix_rejection
from calicoctl.kinds.rules.v3_only import limited_selector, policy_selectors, v3_only_criteria
from calicoctl.name_list import join_limited
from calicoctl.resource import Identifier
from calicoctl.schema.stored import read_stored_object
from calicoctl.schema.v3_kinds import TIER_KIND
from calicoctl.selector import SelectorError
from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource


class ResolvedEnforcement(NamedTuple):
    """Effect of one policy or profile, and notes about it."""

    enforced: EnforcementEffect
    notes: tuple[str, ...]


class Enforcement:
    """Resolver of the effect of policies and profiles.

    Args:
        tiers: all tiers; of several with one name, the last one.
    """

    def __init__(self, tiers: Iterable[Tier]) -> None:
        self._tiers = {tier.name: tier for tier in tiers}
        self.default_tier = self._find_tier(DEFAULT_TIER.name)
        """Tier of all v1 policies, with the settings in the datastore."""

    def resolve(
        self, identifier: Identifier, spec: Mapping[str, Any], namespace: str = "", *, as_v1: bool = True
    ) -> ResolvedEnforcement:
        """Return the effect of a resource with a v3 spec.

        Args:
            identifier: the identifier of the resource.
            spec: its spec.
            namespace: its namespace; empty for a global resource.
            as_v1: whether calicoctl shows the resource as v1: a note lists the selectors that it does not show.
        """
        unsupported, notes = _unsupported_criteria(identifier, spec)
        if identifier.kind == PROFILE.name:
            return ResolvedEnforcement(
                EnforcementEffect(felix_rejection(spec), unsupported_criteria=unsupported), notes
            )
        tier = self._find_tier(str(spec.get("tier") or DEFAULT_TIER.name))
        selectors, selector_notes = _v3_selectors(identifier, spec, namespace, as_v1=as_v1)
        enforced = EnforcementEffect(
            tier=tier,
            selector=limited_selector(spec) if selectors and not namespace else None,
            extra_selectors=selectors,
            unsupported_criteria=unsupported,
            applies_on_forward=bool(spec.get("applyOnForward")),
        )
        return ResolvedEnforcement(enforced, (*notes, *selector_notes))

    def missing_tier_notes(self, sources: Iterable[PolicySource]) -> Iterator[str]:
        """Yield a note for each tier of policies that does not exist."""
        missing = dict.fromkeys(source.enforced.tier for source in sources if not source.enforced.tier.exists)
        for tier in missing:
            yield f"tier {tier.name!r} does not exist: the agent tries its policies after those of all other tiers"

    def _find_tier(self, name: str) -> Tier:
        return self._tiers.setdefault(name, Tier(name, exists=False))

    def tier_notes(self, sources: Iterable[PolicySource]) -> Iterator[str]:
        """Yield a note for each tier of policies that are shown as v1, which has only the tier `default`."""
        members: dict[Tier, list[Identifier]] = defaultdict(list)
        for source in sources:
            if source.enforced.tier.name != DEFAULT_TIER.name and source.identifier.kind == POLICY.name:
                members[source.enforced.tier].append(source.identifier)
        for tier in sorted(members, key=lambda tier: tier.sort_key):
            order = "before" if tier.sort_key < self.default_tier.sort_key else "after"
            yield f"{join_limited(members[tier], 1)}: in tier {tier.name!r}, which is evaluated {order} that of v1"


def _v3_selectors(
    identifier: Identifier, spec: Mapping[str, Any], namespace: str, *, as_v1: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the selectors of a policy that v1 does not show, and notes."""
    try:
        selectors = tuple(policy_selectors(spec, namespace))
    except SelectorError as error:
        return (), (f"{identifier}: evaluated without an unreadable v3 selector: {error}",)
    if not (selectors and as_v1):
        return selectors, ()
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
    return unsupported, tuple(notes)


def staged_note(kind: StoredKind, names: Sequence[str]) -> Iterator[str]:
    """Yield a note if there are staged policies of a kind."""
    if names:
        yield f"{len(names)} of the kind {kind.kind}, such as {names[0]}: omitted, as the agent does not enforce them"


def decode_tier(entry: Entry) -> Tier:
    """Decode a tier. An unreadable tier is treated as missing."""
    try:
        stored = read_stored_object(TIER_KIND, entry.key, entry.value, entry.mod_revision)
    except CorruptEntryError:
        return Tier(TIER_KIND.key_suffix(entry.key), exists=False)
    return read_tier(stored)


def read_tier(stored: StoredResource) -> Tier:
    """Return a tier. Any defaultAction but `Pass` denies (libcalico-go `updateprocessors/tierprocessor.go`)."""
    order = stored.spec.get("order")
    name = TIER_KIND.key_suffix(stored.key)
    return Tier(name, None if order is None else float(order), denies=stored.spec.get("defaultAction") != "Pass")
