"""Cases of policy tests: what is expected of all traffic between two parties, and whether it is so.

Every case is decided for all packets there are, and none is sampled. The smallest packet that is not as expected is the
counterexample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calicoctl.analysis.bitsets import first
from calicoctl.analysis.deciding import Decided, Deciding
from calicoctl.analysis.model import PolicySet, Rule
from calicoctl.analysis.parties import Party
from calicoctl.analysis.policytests.deciders import decided_by_others
from calicoctl.analysis.services import ICMP, ICMPV6, PLANES, Service, ServiceSet, of_protocol, united
from calicoctl.analysis.trace import Case, Examples

FOREIGN: Mapping[int, ServiceSet] = {4: of_protocol(ICMPV6), 6: of_protocol(ICMP)}
"""The ICMP of the other IP version: that it is not allowed disappoints nobody."""

Fault = Literal["closed", "open", "decider"]
"""What is wrong: denied against expectation, allowed against it, or decided by something else."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of the traffic between two parties.

    Of the services that are asked about, the wanted ones have to be allowed from everybody to everybody, and all
    others denied.
    """

    source: Party
    destination: Party
    asked: ServiceSet
    wanted: ServiceSet
    ip_version: int | None = None
    """The IP version that is asked about; None means both."""
    by: str = ""
    """The policy or profile that has to decide, as `policy/NAME`; empty when that does not matter."""


@dataclass(frozen=True)
class Disappointment:
    """Packets that are not as expected."""

    fault: Fault
    services: ServiceSet
    """All services with which that happens."""
    counterexample: Case
    """Some of these packets, with an example and how that comes about."""


@dataclass(frozen=True)
class Verdict:
    """What became of an expectation."""

    vacuous: bool
    """Whether there is no packet that it is about."""
    disappointments: tuple[Disappointment, ...]
    decisive: frozenset[Rule]
    """The rules that decide on the packets that it is about, and those that pass some on to the profiles."""

    @property
    def passed(self) -> bool:
        """Whether everything is as expected, and there is something."""
        return not self.vacuous and not self.disappointments


class Examiner:
    """Judges expectations under a set of policies.

    Args:
        policy_set: who decides.
        expectations: all that will be judged.
    """

    def __init__(self, policy_set: PolicySet, expectations: Sequence[Expectation]) -> None:
        parties = [party for each in expectations for party in (each.source, each.destination)]
        self._deciding = Deciding(policy_set, parties)
        self._examples = Examples(self._deciding)

    def verdict(self, expected: Expectation) -> Verdict:
        """Whether traffic is as expected."""
        wrong: dict[Fault, list[Decided]] = {}
        decisive: set[Rule] = set()
        vacuous = True
        asked = (expected.source, expected.destination, expected.asked, expected.ip_version)
        for decided in self._deciding.between(*asked):
            decisive.update(_rules(decided))
            vacuous = vacuous and not decided.block.services - FOREIGN[self._version(decided)]
            for fault, part in self._faults(expected, decided):
                wrong.setdefault(fault, []).append(part)
        decisive.update(self._deciding.passing(*asked))
        found = (self._disappointment(expected, fault, wrong[fault]) for fault in _ORDER if fault in wrong)
        return Verdict(vacuous, tuple(found), frozenset(decisive))

    def _version(self, decided: Decided) -> int:
        return self._deciding.analysis.groups[first(decided.block.sources)].version

    def _faults(self, expected: Expectation, decided: Decided) -> Iterator[tuple[Fault, Decided]]:
        """What of a block is not as expected; only where all else is does it matter who decides."""
        block = decided.block
        if decided.allowed:
            wrong = block.services - expected.wanted
        else:
            wrong = (block.services & expected.wanted) - FOREIGN[self._version(decided)]
        if wrong:
            yield "open" if decided.allowed else "closed", decided._replace(block=block._replace(services=wrong))
        right = decided._replace(block=block._replace(services=block.services - wrong))
        if expected.by and right.block.services:
            yield from (("decider", part) for part in decided_by_others(self._deciding, expected.by, right))

    def _disappointment(self, expected: Expectation, fault: Fault, wrong: Sequence[Decided]) -> Disappointment:
        services = united(decided.block.services for decided in wrong)
        smallest = min(wrong, key=self._size)
        return Disappointment(fault, services, self._examples.case([smallest], expected.source, expected.destination))

    def _size(self, decided: Decided) -> tuple[int, int, Service, int, int]:
        """What the counterexample is chosen by: a person reads IPv4, tcp and low ports most easily."""
        example, block = decided.block.services.example(), decided.block
        rank = list(PLANES).index(example.protocol) if example.protocol in PLANES else len(PLANES)
        turned = Service(example.protocol, example.second, example.first)
        return self._version(decided), rank, turned, first(block.sources), first(block.destinations)


_ORDER: tuple[Fault, ...] = ("open", "closed", "decider")


def _rules(decided: Decided) -> Iterable[Rule]:
    for hit in (decided.egress, decided.ingress):
        if hit and isinstance(hit.by, Rule):
            yield hit.by
