"""Decisions on nodes with host endpoints on traffic with an endpoint that does not exist yet, for all its labels.

The path of packets and replies through a node is that of `evaluation`: it is evaluated once for each combination of
selectors that labels can match, instead of symbolically.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import AddressSpace
from calicoctl.analysis.evaluation.first_match import FirstMatchEvaluator
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.exposure.decision_diagram import Diagram, ExposureLimit, Node, terminals
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.model.policy_set import Direction, EntityRule, PolicySet, Rule
from calicoctl.analysis.sets.bitsets import lowest_bit
from calicoctl.analysis.sets.services import ServiceSet

MAX_COMBINATIONS: Final = 5_000
"""Maximum number of combinations of selectors that labels can match."""


_PEER_POLICIES: Final = EffectivePolicies((), (), host=False)
"""Placeholder for the policies of the peers, which are not evaluated here: it distinguishes them from neighbors."""


class NodeEnd(NamedTuple):
    """Address class on a node with host endpoints, in one direction."""

    class_index: int
    direction: Direction
    version: int


class _NodeContext(NamedTuple):
    """The class and its peers, as `FirstMatchEvaluator` needs them."""

    classes: Sequence[AddressClass]
    policy_set: PolicySet
    policy_resolver: PolicyResolver
    peer_matcher: PeerMatcher


class NodeEndEvaluator:
    """Evaluator of the address classes on nodes with host endpoints."""

    def __init__(self, space: AddressSpace, labels: LabelSpace, addresses: NewAddresses) -> None:
        self._space = space
        self._labels = labels
        self._addresses = addresses
        self._evaluators: dict[tuple[int, AddressClass, tuple[frozenset[int], ...]], FirstMatchEvaluator] = {}
        self.dependent_nodes: dict[str, None] = {}
        """Names of the nodes with traffic that only some of their interfaces allow."""

    def end_of(self, address_class: AddressClass, direction: Direction) -> NodeEnd:
        """Return the end of an address class for traffic to it (ingress) or from it (egress)."""
        return NodeEnd(address_class.index, direction, address_class.version)

    def address_sets(self, end: NodeEnd) -> Iterator[int]:
        """Return the sets of addresses that the rules of an end distinguish."""
        return (each for side in self._sides(end) for each in self._addresses.sets_of(side, end.version))

    def allowed(self, end: NodeEnd, addresses: int) -> Diagram:
        """Return the services that an end allows through any interface, by the labels of its peer.

        Args:
            end: the end.
            addresses: addresses of the peer that no rule of the end distinguishes.

        Raises:
            ExposureLimit: the labels can match too many combinations of selectors.
        """
        matched = self._matched_selectors(end)
        combinations: list[frozenset[int]] = terminals(matched)
        if len(combinations) > MAX_COMBINATIONS:
            raise ExposureLimit(f"labels can match more than {MAX_COMBINATIONS:,} combinations of selectors")
        services = self._decide(end, combinations, self._space.classes[lowest_bit(addresses)])

        def look_up(combination: Diagram) -> Diagram | None:
            return None if isinstance(combination, Node) else services[combination]

        return self._labels.builder.apply(look_up, matched)

    def _matched_selectors(self, end: NodeEnd) -> Diagram:
        """Return the numbers of the matching selectors by labels."""
        selectors = dict.fromkeys(each for side in self._sides(end) for each in side.effective_selectors)
        result: Diagram = frozenset[int]()
        for selector in selectors:
            number = frozenset((self._space.selectors.numbers[selector],))
            result = self._labels.builder.apply(_add_number, result, self._labels.labels_of(selector), number)
        return result

    def _decide(
        self, end: NodeEnd, combinations: Sequence[frozenset[int]], sample: AddressClass
    ) -> Mapping[frozenset[int], ServiceSet]:
        """Return the allowed services for each combination of selectors.

        Args:
            end: the end.
            combinations: numbers of the selectors that the labels of the peer match.
            sample: class of the address of the peer.
        """
        own, known = self._space.classes[end.class_index], self._space.classes
        peers = [
            AddressClass(index, end.version, _PEER_POLICIES, combination | sample.selector_numbers, sample.networks)
            for index, combination in enumerate(combinations, start=len(known))
        ]
        key = (end.version, sample, tuple(combinations))
        if key not in self._evaluators:
            classes = [*known, *peers]
            matcher = PeerMatcher(classes, self._space.selectors)
            context = _NodeContext(classes, self._space.policy_set, self._space.policy_resolver, matcher)
            self._evaluators[key] = FirstMatchEvaluator(context)
        decision = self._evaluators[key].decide(own, end.direction)
        if own.place and decision.depends_on_interface:
            self.dependent_nodes[own.place.node.name] = None
        return {combination: decision.allowed_with(peer) for combination, peer in zip(combinations, peers, strict=True)}

    def _sides(self, end: NodeEnd) -> Iterator[EntityRule]:
        for rule in self._rules(end):
            yield from (each for each in (rule.source, rule.destination) if not each.any_address)

    def _rules(self, end: NodeEnd) -> Iterable[Rule]:
        """Return the rules that decide on an end: also those of the host endpoints of the node."""
        own = self._space.classes[end.class_index]
        hosts = own.place.node.hosts if own.place else ()
        resolver = self._space.policy_resolver
        members = {member.endpoint: None for member in own.members[:1]}
        return resolver.relevant_rules(map(resolver.resolve, (*members, *hosts)))


def _add_number(numbers: Diagram, labels: Diagram, number: frozenset[int]) -> Diagram | None:
    """Combine numbers and a set of labels: add a number for the labels in the set."""
    if labels is False:
        return numbers
    return None if isinstance(numbers, Node) or isinstance(labels, Node) else numbers | number
