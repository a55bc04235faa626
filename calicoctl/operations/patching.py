"""patch: stored resources changed by a merge patch (RFC 7386) on the v1 form that `get` shows."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.manifest import Mapping, Node, Sequence, Source, read_nodes, read_sources
from calicoctl.operations.lookup import Found
from calicoctl.operations.rewriting import merged, rewriting
from calicoctl.operations.writing import Plan, Step
from calicoctl.resource import Located


class Patch(NamedTuple):
    """A merge patch and the text that it stands in."""

    source: Source
    node: Mapping


def patching(patch: Patch, *, force: bool = False) -> Step:
    """Change what has to be there by a patch; `force` drops what v1 can't say."""

    def change(plan: Plan, _item: Located, hit: Found) -> Located | None:
        assert hit.resource is not None  # noqa: S101 - only such hits are changed
        return merged(plan, hit.resource, patch.source, patch.node)

    return rewriting(change, force=force)


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
    if len(roots) == 1 and isinstance(roots[0], Mapping):
        return Patch(source, roots[0])
    raise InvalidManifest([_no_patch(source, roots)])


def _no_patch(source: Source, roots: list[Node]) -> Problem:
    if not roots:
        return Problem(Position(source.name), message=f"there is no patch in it ({_FORM})")
    root = roots[-1]
    place = source.position(root.line, root.column)
    if len(roots) > 1:
        return Problem(place, message="a second document begins here (write one patch)")
    what = "a list, as JSON patches are" if isinstance(root, Sequence) else "no mapping"
    return Problem(place, message=f"this is {what} ({_FORM})")


_FORM = "a merge patch is a mapping such as {spec: {order: 10}}"
