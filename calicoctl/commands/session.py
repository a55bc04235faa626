"""What every verb needs around its one call: a datastore, manifests, and where the result is said."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from calicoctl.commands.options import Target, refuse
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.outcome import Report
    from calicoctl.operations.writing import Step
    from calicoctl.resource import Located


def open_datastore(target: Target, *, announce: bool) -> Datastore:
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
        tell(f"datastore {datastore.endpoint} (from {settings.origin})")
    return datastore


def take_in(
    filenames: Sequence[str], *, recursive: bool, identity_only: bool = False, make_names: bool = False
) -> tuple[Located, ...]:
    """Read manifests, in one of the ways of `read_manifests`; their warnings go to stderr."""
    from calicoctl.operations.intake import read_manifests

    if not filenames:
        raise UsageProblem("-f is missing: name a manifest, a directory, or - for stdin")
    if list(filenames).count("-") > 1:
        raise UsageProblem("-f - can be given only once: there is one stdin")
    if "-" in filenames and not sys.stdin:
        raise UsageProblem("-f -: stdin is closed")
    if "" in filenames:
        # An unset variable in a script. As a path it would be the current directory.
        raise UsageProblem("-f is empty: name a manifest, a directory, or - for stdin")
    intake = read_manifests(filenames, recursive=recursive, identity_only=identity_only, make_names=make_names)
    warn(str(warning) for warning in intake.warnings)
    return intake.located


def take_in_exactly(
    verb: str, names: Sequence[str], filenames: Sequence[str], filters: Mapping[str, str], *, recursive: bool
) -> tuple[Located, ...]:
    """What a verb acts on that takes no more than what is named in full: by words, or by manifests.

    The verb stands in messages, as `delete` or `wait for`.
    """
    from calicoctl.commands.naming import exactly, parse_names

    if names and filenames:
        raise UsageProblem(f"name what to {verb} either here or in manifests with -f, not both")
    if not names and not filenames:
        raise UsageProblem(f"name what to {verb}: KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        return exactly(parse_names(names, filters), verb.partition(" ")[0])
    refuse(filters, "-f")
    return take_in(filenames, recursive=recursive, identity_only=True)


def write(
    located: Sequence[Located],
    step: Step,
    target: Target,
    besides: Sequence[Range] = (),
) -> None:
    """Run a writing verb and say what became of each resource. `besides` is read as well, for the step."""
    from calicoctl.commands.progress import Bar
    from calicoctl.operations.manner import Manner
    from calicoctl.operations.writing import run

    with open_datastore(target, announce=True) as datastore, Bar() as bar:
        report = run(datastore, located, step, besides, Manner(target.atomic, bar))
    say(report)


def say(report: Report) -> None:
    """One line a resource, and a summary."""
    warn(report.warnings)
    click.echo("\n".join([*map(str, report.outcomes), report.summary()]))


def warn(warnings: Iterable[str]) -> None:
    """Warnings go to stderr, a line each."""
    for warning in warnings:
        tell(f"warning: {warning}")


def tell(text: str) -> None:
    """A line to stderr. That nobody reads it is no reason to do nothing."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)
