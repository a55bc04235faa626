"""Reads the manifests of `-f` and reports their warnings."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from calicoctl.console.filters import refuse_filters
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.operations.load.manifests import LoadedManifests, LoadOptions
    from calicoctl.resource import LocatedResource


def read_resources(
    filenames: Sequence[str],
    *,
    recursive: bool,
    identity_only: bool = False,
    generate_names: bool = False,
    positions: bool | Literal["lazy"] = False,
) -> tuple[LocatedResource, ...]:
    """Read manifests, wanted in one of the ways of `Wanted`; their warnings go to stderr."""
    from calicoctl.operations.load.manifests import LoadOptions

    return read_manifests(
        filenames, LoadOptions(identity_only, generate_names, positions), recursive=recursive
    ).resources


def read_manifests(filenames: Sequence[str], load_options: LoadOptions, *, recursive: bool) -> LoadedManifests:
    """The same, with all that there is to know about the manifests."""
    from calicoctl.console.progress_bar import DelayedProgressBar
    from calicoctl.operations.load.manifests import load_resources

    check_filenames(filenames)
    with DelayedProgressBar() as bar:
        manifests = load_resources(filenames, recursive=recursive, options=load_options, progress=bar)
    current_messages().warn(manifests.warnings)
    if manifests.skipped_tests:
        singular = manifests.skipped_tests == 1
        tests = "1 policy test is" if singular else f"{manifests.skipped_tests} policy tests are"
        current_messages().info(f"{tests} passed over (calicoctl test runs {'it' if singular else 'them'})")
    return manifests


def check_filenames(filenames: Sequence[str], option: str = "-f") -> None:
    """Raise UsageProblem when the values of `-f`, or of whatever takes files, can't be meant."""
    if not filenames:
        raise UsageError(f"{option} is missing: name a manifest, a directory, or - for stdin")
    if list(filenames).count("-") > 1:
        raise UsageError(f"{option} - can be given only once: there is one stdin")
    if "-" in filenames and not sys.stdin:
        raise UsageError(f"{option} -: stdin is closed")
    if "" in filenames:
        # An unset variable in a script. As a path it would be the current directory.
        raise UsageError(f"{option} is empty: name a manifest, a directory, or - for stdin")


def named_or_manifest_resources(
    verb: str, names: Sequence[str], filenames: Sequence[str], filters: Mapping[str, str], *, recursive: bool
) -> tuple[LocatedResource, ...]:
    """What a verb acts on that takes no more than what is named in full: by words, or by manifests.

    The verb stands in messages, as `delete` or `wait for`.
    """
    from calicoctl.console.names import parse_names, require_full_names

    if names and filenames:
        raise UsageError(f"name what to {verb} either here or in manifests with -f, not both")
    if not names and not filenames:
        raise UsageError(f"name what to {verb}: KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        return require_full_names(parse_names(names, filters), verb.partition(" ")[0])
    refuse_filters(filters, "-f")
    return read_resources(filenames, recursive=recursive, identity_only=True)
