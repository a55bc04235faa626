"""Implementation of `patch`: change stored resources by a merge patch (RFC 7386) to the v1 form that `get` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.manifest import MappingNode, Node, SequenceNode, Source, read_nodes, read_sources
from calicoctl.operations.write.modify import apply_merge_patch, plan_modify
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.resource import LocatedResource

_PATCH_HINT = "a merge patch is a mapping such as {spec: {order: 10}}"


class Patch(NamedTuple):
    """Merge patch and its source text."""

    source: Source
    node: MappingNode


def plan_patch(
    context: PlanContext, resources: Iterable[LocatedResource], patch: Patch, *, force: bool = False
) -> WritePlan:
    """Plan to patch existing resources; `force` writes even if fields that v1 cannot represent are lost."""
    return plan_modify(
        context,
        resources,
        lambda _item, _stored, resource: apply_merge_patch(resource, patch.source, patch.node),
        force=force,
    )


def read_patch(path: str) -> Patch:
    """Read a patch from a file, or from stdin (`-`).

    Raises:
        InvalidManifest: the file is unreadable or does not contain a patch.
    """
    sources, problems = read_sources([path])
    if not problems and len(sources) > 1:
        problems = [Problem(Position(path), message="is a directory (name a file)")]
    if problems:
        raise InvalidManifest(problems)
    return parse_patch(sources[0])


def parse_patch(source: Source) -> Patch:
    """Parse a patch in YAML or JSON.

    Raises:
        InvalidManifest: the text is not a patch.
    """
    roots, problems = read_nodes(source)
    if problems:
        raise InvalidManifest(problems)
    if len(roots) == 1 and isinstance(roots[0], MappingNode):
        return Patch(source, roots[0])
    raise InvalidManifest([_invalid_patch(source, roots)])


def _invalid_patch(source: Source, roots: list[Node]) -> Problem:
    if not roots:
        return Problem(Position(source.name), message=f"the text contains no patch ({_PATCH_HINT})")
    root = roots[-1]
    position = source.position(root.line, root.column)
    if len(roots) > 1:
        return Problem(position, message="a second document begins here (write one patch)")
    actual = "a list, as JSON patches are" if isinstance(root, SequenceNode) else "not a mapping"
    return Problem(position, message=f"the patch is {actual} ({_PATCH_HINT})")
