"""Decisions on traffic whose interface is unknown: one for each interface, merged where they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.evaluation.match_blocks import Alternative, Match

InterfaceMatches = tuple[str, Sequence[Match]]
"""Name of an interface, and the matches of all traffic if it uses the interface."""


def merge_interfaces(interfaces: Sequence[InterfaceMatches]) -> Iterator[Match]:
    """Yield the matches of all interfaces; matches that differ between them have alternatives.

    The final matches of each interface contain the same traffic, each packet once.
    """
    (first_name, first_matches), *others = interfaces
    if not others:
        yield from first_matches
        return
    combined: list[tuple[Alternative, ...]] = [
        (Alternative(first_name, match),) for match in first_matches if match.is_final
    ]
    for name, matches in others:
        combined = list(_refine(combined, name, [match for match in matches if match.is_final]))
    seen = dict.fromkeys(match for _, matches in interfaces for match in matches if not match.is_final)
    yield from seen
    yield from map(_merge, combined)


def _refine(
    combined: Sequence[tuple[Alternative, ...]], name: str, matches: Sequence[Match]
) -> Iterator[tuple[Alternative, ...]]:
    """Split combined decisions by the matches of one more interface."""
    for alternatives in combined:
        last = alternatives[-1].match
        for match in matches:
            peers = last.peers & match.peers
            if peers and (services := last.services & match.services):
                yield (*alternatives, Alternative(name, match._replace(peers=peers, services=services)))


def _merge(alternatives: tuple[Alternative, ...]) -> Match:
    """Return the decision on traffic: the common one, or that of the first interface that allows it."""
    traffic = alternatives[-1].match
    matches = [match._replace(peers=traffic.peers, services=traffic.services) for _, match in alternatives]
    if len({(match.matched_by, match.action) for match in matches}) == 1:
        passed_rules = tuple(dict.fromkeys(rule for match in matches for rule in match.passed_rules))
        return matches[0]._replace(passed_rules=passed_rules)
    chosen = next((match for match in matches if match.action == "allow"), matches[0])
    named = tuple(Alternative(name, match) for (name, _), match in zip(alternatives, matches, strict=True))
    return chosen._replace(alternatives=named)
