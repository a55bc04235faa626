"""What every verb needs around its one call: a datastore, manifests, and where the result is said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from calicoctl.commands.options import ConnectionOptions, SetOptions, refuse_filters
from calicoctl.commands.speech import current_messages
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.intake import LoadedManifests, LoadOptions
    from calicoctl.operations.manner import WriteOptions
    from calicoctl.operations.origins import PolicySources
    from calicoctl.operations.outcome import Report
    from calicoctl.operations.writing import PlanStep
    from calicoctl.resource import LocatedResource


def open_datastore(target: ConnectionOptions, *, announce: bool) -> Datastore:
    """Connect by the settings in force; `announce` tells a person at a terminal which datastore that is."""
    from calicoctl.config import load
    from calicoctl.datastore import connect

    settings = load(target.config, os.environ)
    if target.timeout is not None:
        settings = replace(settings, timeout=target.timeout)
    datastore = connect(settings, target.max_txn_ops)
    import logging  # gRPC has done so already

    logging.getLogger(__name__).info("datastore %s (from %s)", datastore.endpoint, settings.origin)
    if announce and sys.stderr and sys.stderr.isatty():
        current_messages().info(f"datastore {datastore.endpoint} (from {settings.origin})")
    return datastore


def read_resources(
    filenames: Sequence[str],
    *,
    recursive: bool,
    identity_only: bool = False,
    generate_names: bool = False,
    positions: bool | Literal["lazy"] = False,
) -> tuple[LocatedResource, ...]:
    """Read manifests, wanted in one of the ways of `Wanted`; their warnings go to stderr."""
    from calicoctl.operations.intake import LoadOptions

    return read_manifests(
        filenames, LoadOptions(identity_only, generate_names, positions), recursive=recursive
    ).resources


def read_manifests(filenames: Sequence[str], load_options: LoadOptions, *, recursive: bool) -> LoadedManifests:
    """The same, with all that there is to know about the manifests."""
    from calicoctl.commands.progress import DelayedProgressBar
    from calicoctl.operations.intake import load_resources

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
    from calicoctl.commands.naming import parse_names, require_full_names

    if names and filenames:
        raise UsageError(f"name what to {verb} either here or in manifests with -f, not both")
    if not names and not filenames:
        raise UsageError(f"name what to {verb}: KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        return require_full_names(parse_names(names, filters), verb.partition(" ")[0])
    refuse_filters(filters, "-f")
    return read_resources(filenames, recursive=recursive, identity_only=True)


def make_apply_step(
    resources: Sequence[LocatedResource], set_options: SetOptions, *, force: bool
) -> tuple[PlanStep, list[Range]]:
    """The step of apply for these resources, and what it needs to read besides."""
    from calicoctl.operations.pruning import prune_step, set_ranges
    from calicoctl.operations.putting import apply_step as applying_all

    step = applying_all(force=force, set_name=set_options.name)
    if set_options.name is None or not set_options.prune:
        return step, []
    return prune_step(step, resources[-1], set_options.name, set_options.prune_max), set_ranges()


def load_policy_set(
    filenames: Sequence[str], *, recursive: bool, with_datastore: bool, target: ConnectionOptions
) -> tuple[PolicySet, str]:
    """What there is to analyse, and what that is in words: manifests, the datastore, or the one on top of the other."""
    from calicoctl import analysis

    disable_gc()
    resources = read_resources(filenames, recursive=recursive, positions=True) if filenames else ()
    sources, basis = load_sources(resources, filenames, with_datastore=with_datastore, target=target)
    result = analysis.build_policy_set(sources.sources, sources.notes)
    return result, f"{basis}: {result.summary}"


def load_sources(
    resources: Sequence[LocatedResource], filenames: Sequence[str], *, with_datastore: bool, target: ConnectionOptions
) -> tuple[PolicySources, str]:
    """The resources to analyse, of manifests that were read, the datastore or both, and what that is in words."""
    from calicoctl.operations.origins import sources_from_datastore, sources_from_manifests

    disable_gc()
    if with_datastore and not filenames:
        raise UsageError("--with-datastore goes with -f only (without -f the datastore is read anyway)")
    basis = [", ".join(filenames)] if filenames else []
    if filenames and not with_datastore:
        return sources_from_manifests(resources), basis[0]
    with open_datastore(target, announce=False) as datastore:
        return sources_from_datastore(datastore, resources), " on top of ".join(
            [*basis, f"datastore {datastore.endpoint}"]
        )


def disable_gc() -> None:
    """Keep the garbage collector out until the command ends.

    An analysis makes no cycles, but millions of values that live as long as it does: walking them takes more time
    than making them (measured).
    """
    import gc

    if gc.isenabled():
        gc.disable()
        click.get_current_context().call_on_close(gc.enable)


def write_resources(
    resources: Sequence[LocatedResource],
    step: PlanStep,
    target: ConnectionOptions,
    extra_ranges: Sequence[Range] = (),
) -> None:
    """Run a writing verb and say what became of each resource. `extra_ranges` is read as well, for the step."""
    from calicoctl.operations.writing import execute

    run_write(lambda datastore, manner: execute(datastore, resources, step, extra_ranges, manner), target)


def run_write(operation: Callable[[Datastore, WriteOptions], Report], target: ConnectionOptions) -> None:
    """Let something write to the datastore in the manner that the user wants, and say what became of each resource."""
    from calicoctl.commands.progress import DelayedProgressBar
    from calicoctl.operations.manner import WriteOptions

    with open_datastore(target, announce=True) as datastore, DelayedProgressBar() as bar:
        report = operation(
            datastore, WriteOptions(target.atomic, bar, current_messages().info, target.dry_run, target.allow_lockout)
        )
    print_report(report, target.output_format)


def print_report(report: Report, output_format: str) -> None:
    """Print what became of each resource."""
    from calicoctl.printers import reports

    current_messages().warn(report.warnings)
    text = reports.format_json(report) if output_format == "json" else reports.format_text(report, style_action)
    click.echo(text, nl=False)


def finish(text: str, code: int) -> None:
    """Print a result that the exit code says in short; the code counts even when the reader has left."""
    current_messages().exit_code = code
    # The name of a file need not be UTF-8; what is printed has to be.
    click.echo(text.encode(errors="backslashreplace").decode(), nl=False)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


_ACTION_COLOURS = {"created": "green", "configured": "yellow", "replaced": "yellow", "deleted": "red", "pruned": "red"}


def style_action(action: str) -> str:
    """The word for an action in its colour, which Click leaves out where no terminal shows it."""
    return click.style(action, fg=_ACTION_COLOURS[action]) if action in _ACTION_COLOURS else action
