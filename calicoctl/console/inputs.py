"""Reads the manifests of `-f` and prints their warnings."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import click

from calicoctl.console.filters import refuse_filters
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import SetOptions
from calicoctl.console.stdin import announce_stdin
from calicoctl.errors import UsageError
from calicoctl.name_list import count_noun, join_limited

if TYPE_CHECKING:
    from calicoctl.operations.load.manifests import LoadedManifests, LoadOptions
    from calicoctl.resource import LocatedResource

_MAX_LISTED_DIRECTORIES = 10
_URL_SCHEMES = frozenset(("http", "https", "ftp", "s3", "git", "oci"))


def read_resources(
    filenames: Sequence[str],
    *,
    recursive: bool,
    identity_only: bool = False,
    generate_names: bool = False,
    positions: bool | Literal["lazy"] = False,
    defer_problems: bool = False,
) -> tuple[LocatedResource, ...]:
    """Read the resources of manifests. The keyword arguments are those of `LoadOptions`."""
    from calicoctl.operations.load.manifests import LoadOptions

    return read_manifests(
        filenames, LoadOptions(identity_only, generate_names, positions, defer_problems), recursive=recursive
    ).resources


def read_analysed_resources(filenames: Sequence[str], *, recursive: bool) -> tuple[LocatedResource, ...]:
    """Read the resources and v3 objects of manifests, with positions."""
    from calicoctl.operations.load.manifests import LoadOptions

    return read_manifests(filenames, LoadOptions(positions="lazy", v3_objects=True), recursive=recursive).resources


def read_manifests(filenames: Sequence[str], load_options: LoadOptions, *, recursive: bool) -> LoadedManifests:
    """Read manifests, with a progress bar, and print their warnings."""
    from calicoctl.console.progress_bar import DelayedProgressBar
    from calicoctl.operations.load.manifests import load_resources

    check_filenames(filenames, recursive=recursive)
    with DelayedProgressBar() as bar:
        manifests = load_resources(filenames, recursive=recursive, options=load_options, progress=bar)
    current_messages().warn(manifests.warnings)
    if manifests.skipped_tests:
        tests = count_noun(manifests.skipped_tests, "policy test")
        current_messages().info(f"skipped {tests} (run with calicoctl test)")
    return manifests


def protect_skipped(set_options: SetOptions, filenames: Sequence[str], *, recursive: bool) -> SetOptions:
    """Return the options, with the resources of subdirectories that are not read if pruning could delete them."""
    from calicoctl.operations.load.manifests import load_skipped

    if not set_options.prune:
        return set_options
    return set_options._replace(skipped=load_skipped(filenames, recursive=recursive))


def check_filenames(filenames: Sequence[str], *, recursive: bool) -> None:
    """Check the values of `-f` and the arguments for manifests, and name the subdirectories that are not read.

    Raises:
        UsageError: a value is invalid, or there is none.
    """
    if not filenames:
        raise UsageError("missing manifest (name a file, a directory, or - for stdin)")
    if list(filenames).count("-") > 1:
        raise UsageError("-: stdin can be read only once")
    if "-" in filenames and not sys.stdin:
        raise UsageError("-: stdin is closed")
    if "" in filenames:
        # An unset variable in a script. `Path("")` would be the current directory.
        raise UsageError("empty name of a manifest (name a file, a directory, or - for stdin)")
    for name in filenames:
        _refuse_url(name)
    if "-" in filenames:
        announce_stdin()
    if not recursive:
        _report_skipped_directories(filenames)


def _report_skipped_directories(filenames: Sequence[str]) -> None:
    from calicoctl.manifest import skipped_directories

    if skipped := skipped_directories(filenames):
        directories = count_noun(len(skipped), "subdirectory", "subdirectories")
        current_messages().info(
            f"skipped {directories} with manifests: {join_limited(skipped, _MAX_LISTED_DIRECTORIES)} "
            f"(-R reads {'it' if len(skipped) == 1 else 'them'})"
        )


def _refuse_url(name: str) -> None:
    """Raise UsageError for a URL. calicoctl does not download: curl has the settings of proxies and certificates."""
    if name.partition("://")[0].lower() in _URL_SCHEMES:
        command = " ".join(("calicoctl", *click.get_current_context().command_path.split()[1:]))
        stdin = "-" if command.endswith(" test") else "-f -"
        raise UsageError(f"{name}: URLs are not read (write curl -fsS {shlex.quote(name)} | {command} {stdin})")


def named_or_manifest_resources(
    verb: str, names: Sequence[str], filenames: Sequence[str], filters: Mapping[str, str], *, recursive: bool
) -> tuple[LocatedResource, ...]:
    """Return the resources of a command that takes full names, either as arguments or in manifests.

    Args:
        verb: for messages, such as `delete` or `wait for`.
        names: arguments, such as KIND/NAME.
        filenames: values of `-f`.
        filters: values of `filter_options`.
        recursive: whether to read subdirectories.

    Raises:
        UsageError: both or neither are set, or a name is incomplete.
    """
    from calicoctl.console.names import parse_names, refuse_files, require_full_names

    refuse_files(names)
    if names and filenames:
        raise UsageError("resource names and -f cannot be combined")
    if not names and not filenames:
        raise UsageError(f"missing resources to {verb} (write KIND NAME, KIND/NAME, or -f PATH)")
    if names:
        alternative = "-l or --all" if verb == "delete" else ""
        return require_full_names(parse_names(names, filters), verb.partition(" ")[0], alternative)
    refuse_filters(filters, "-f")
    return read_resources(filenames, recursive=recursive, identity_only=True, defer_problems=True)
