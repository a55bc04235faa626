"""Sets of labels as few products of conditions on single labels: an irredundant cover by prime cubes.

A cube gives some labels a set of values each. It is prime if no value can be added and no label removed, and the cover
is irredundant if no cube can be removed. Finding a cover of minimal size is not attempted: it takes exponential time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from calicoctl.analysis.exposure.decision_diagram import Diagram, ExposureLimit, Node, both
from calicoctl.analysis.exposure.label_space import LabelSpace

MAX_CUBES: Final = 500
"""Maximum number of cubes that are examined for one set of labels."""

Cube = dict[int, frozenset[int]]
"""Numbers of the allowed values by the position of the label; other labels have any value."""


class CubeCover:
    """Computation of covers of sets of labels.

    Args:
        labels: the label space of the sets.
    """

    def __init__(self, labels: LabelSpace) -> None:
        self._labels = labels
        self._all_values = [each.all for each in labels.labels]

    def cover(self, region: Diagram) -> list[Cube]:
        """Return the cubes of a set of labels.

        Raises:
            ExposureLimit: the set needs too many cubes.
        """
        primes: dict[tuple[tuple[int, frozenset[int]], ...], Cube] = {}
        covered: Diagram = False
        for path in self._paths(region):
            if not self._is_within(path, covered):
                cube = self._expand(path, region)
                primes[tuple(sorted(cube.items()))] = cube
                covered = self._labels.builder.union([covered, self._to_region(cube)])
        return self._without_redundant([*primes.values()])

    def _paths(self, region: Diagram) -> Iterator[Cube]:
        """Yield disjoint cubes that cover a set: the paths of its diagram."""
        pending: list[tuple[Diagram, Cube]] = [(region, {})]
        count = 0
        while pending:
            diagram, cube = pending.pop()
            if not isinstance(diagram, Node):
                count += bool(diagram)
                if count > MAX_CUBES:
                    raise ExposureLimit(f"a selector would have more than {MAX_CUBES} alternatives")
                if diagram:
                    yield cube
                continue
            values_by_child: dict[Diagram, set[int]] = {}
            for value, child in diagram.exceptions:
                values_by_child.setdefault(child, set()).add(value)
            excepted = {value for value, _ in diagram.exceptions}
            values_by_child.setdefault(diagram.default, set()).update(self._all_values[diagram.level] - excepted)
            for child, values in values_by_child.items():
                if child is not False:
                    pending.append((child, {**cube, diagram.level: frozenset(values)}))

    def _expand(self, cube: Cube, region: Diagram) -> Cube:
        """Return a prime cube within a set that contains a cube."""
        cube = dict(cube)
        for level in sorted(cube, reverse=True):
            smaller = {key: values for key, values in cube.items() if key != level}
            if self._is_within(smaller, region):
                cube = smaller
        for level in sorted(cube):
            others = {key: values for key, values in cube.items() if key != level}
            cube[level] = self._values_within(others, level, region)
        return cube

    def _values_within(self, cube: Cube, level: int, region: Diagram) -> frozenset[int]:
        """Return the values of a label with which a cube is within a set."""
        tested = {value for node in _nodes(region) if node.level == level for value, _ in node.exceptions}
        untested = self._all_values[level] - tested
        result = {value for value in tested if self._is_within({**cube, level: frozenset((value,))}, region)}
        if untested and self._is_within({**cube, level: frozenset((next(iter(untested)),))}, region):
            result |= untested
        return frozenset(result)

    def _is_within(self, cube: Cube, region: Diagram) -> bool:
        pending, seen = [region], set()
        while pending:
            diagram = pending.pop()
            if diagram is False:
                return False
            if not isinstance(diagram, Node) or diagram in seen:
                continue
            seen.add(diagram)
            values = cube.get(diagram.level, self._all_values[diagram.level])
            excepted = {value for value, _ in diagram.exceptions}
            pending += [child for value, child in diagram.exceptions if value in values]
            if not values <= excepted:
                pending.append(diagram.default)
        return True

    def _without_redundant(self, cubes: Sequence[Cube]) -> list[Cube]:
        remaining = sorted(cubes, key=len)
        regions = [self._to_region(cube) for cube in remaining]
        for index in reversed(range(len(remaining))):
            others = self._labels.builder.union(regions[:index] + regions[index + 1 :])
            if len(remaining) > 1 and self._is_within(remaining[index], others):
                del remaining[index], regions[index]
        return remaining

    def _to_region(self, cube: Cube) -> Diagram:
        result: Diagram = True
        for level, values in cube.items():
            other = self._labels.labels[level].other
            default = other in values
            exceptions = dict.fromkeys((self._all_values[level] - values) if default else values, not default)
            result = self._labels.builder.apply(both, result, self._labels.builder.node(level, default, exceptions))
        return result


def _nodes(diagram: Diagram) -> Iterator[Node]:
    """Yield the nodes of a diagram."""
    pending, seen = [diagram], set()
    while pending:
        node = pending.pop()
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            yield node
            pending += (node.default, *(child for _, child in node.exceptions))
