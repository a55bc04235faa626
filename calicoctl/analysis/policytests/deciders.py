"""Whether it is a certain policy or profile that decides, be it by a rule or because none of its rules matches."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.deciding import Decided, Deciding
from calicoctl.analysis.firstmatch import Hit
from calicoctl.analysis.model import Direction, Rule
from calicoctl.analysis.relation import Block
from calicoctl.analysis.stages import End, Governance


def decided_by_others(deciding: Deciding, name: str, decided: Decided) -> Iterator[Decided]:
    """The part of a block on which the policy or profile of this name, such as `policy/db`, decides at neither end."""
    parts = [decided]
    if decided.ingress is None:  # what is denied on its way out may be denied on arrival as well
        parts = [decided._replace(ingress=hit, block=block) for hit, block in deciding.arriving(decided.block)]
    for part in parts:
        block: Block | None = part.block
        for hit, direction in _ends(part):
            if block and (hit.action == "allow") == decided.allowed:
                block = _without(deciding, name, hit, block, direction)
        if block:
            yield part._replace(block=block)


def _ends(decided: Decided) -> Iterator[tuple[Hit, Direction]]:
    yield decided.egress, "egress"
    if decided.ingress:
        yield decided.ingress, "ingress"


def _without(deciding: Deciding, name: str, hit: Hit, block: Block, direction: Direction) -> Block | None:
    """The part of a block on which something else decides, at one end."""
    if isinstance(hit.by, Rule):
        return None if name == str(hit.by.owner) else block
    groups = deciding.analysis.groups
    own = block.sources if direction == "egress" else block.destinations
    others = bitset(
        index for index in members(own) if name not in _governing(deciding, groups[index].governance, hit.by, direction)
    )
    if not others:
        return None
    return block._replace(sources=others) if direction == "egress" else block._replace(destinations=others)


def _governing(deciding: Deciding, governance: Governance | None, end: End, direction: Direction) -> set[str]:
    """The policies or profiles of which no rule matches, where that is what decides."""
    if governance is None:
        return set()
    if end is End.POLICIES:
        plain = (policy for policy in governance.policies if not (policy.untracked or policy.pre_dnat))
        return {str(policy.identifier) for policy in plain if direction in policy.types}
    known = deciding.policy_set.profiles
    return {
        str(known[profile].identifier) if profile in known else f"profile/{profile}" for profile in governance.profiles
    }
