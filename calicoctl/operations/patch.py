"""patch: stored resources changed by a merge patch (RFC 7386) on the v1 form that `get` shows."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.manifest import MappingNode, Node, SequenceNode, Source, read_nodes, read_sources
from calicoctl.operations.read.lookup import StoredEntry
from calicoctl.operations.write.modify import apply_merge_patch, modify_step
from calicoctl.operations.write.run import PlanStep, WritePlan
from calicoctl.resource import LocatedResource


class Patch(NamedTuple):
    """A merge patch and the text that it stands in."""

    source: Source
    node: MappingNode


def patch_step(patch: Patch, *, force: bool = False) -> PlanStep:
    """Change what has to be there by a patch; `force` drops what v1 can't say."""

    def modify(plan: WritePlan, _item: LocatedResource, hit: StoredEntry) -> LocatedResource | None:
        assert hit.resource is not None  # noqa: S101 - only such hits are changed
        return apply_merge_patch(plan, hit.resource, patch.source, patch.node)

    return modify_step(modify, force=force)


def read_patch(path: str) -> Patch:
    """The patch in a file, or that of stdin (`-`).

    Raises:
        InvalidManifest: it can't be read, or is no patch.
    """
    sources, problems = read_sources([path])
    if not problems and len(sources) > 1:
        problems = [Problem(Position(path), message="is a directory (name a file)")]
    if problems:
        raise InvalidManifest(problems)
    return parse_patch(sources[0])


def parse_patch(source: Source) -> Patch:
    """The patch that a text in YAML or JSON is.

    Raises:
        InvalidManifest: it is none.
    """
    roots, problems = read_nodes(source)
    if problems:
        raise InvalidManifest(problems)
    if len(roots) == 1 and isinstance(roots[0], MappingNode):
        return Patch(source, roots[0])
    raise InvalidManifest([_invalid_patch(source, roots)])


def _invalid_patch(source: Source, roots: list[Node]) -> Problem:
    if not roots:
        return Problem(Position(source.name), message=f"there is no patch in it ({_PATCH_HINT})")
    root = roots[-1]
    position = source.position(root.line, root.column)
    if len(roots) > 1:
        return Problem(position, message="a second document begins here (write one patch)")
    what = "a list, as JSON patches are" if isinstance(root, SequenceNode) else "no mapping"
    return Problem(position, message=f"this is {what} ({_PATCH_HINT})")


_PATCH_HINT = "a merge patch is a mapping such as {spec: {order: 10}}"
