"""What every verb needs around its one call: a datastore, manifests, and where the result is said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from calicoctl.commands.options import Members, Target, refuse
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.intake import Intake, Wanted
    from calicoctl.operations.manner import Manner
    from calicoctl.operations.origins import Origins
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
        current().remark(f"datastore {datastore.endpoint} (from {settings.origin})")
    return datastore


def take_in(
    filenames: Sequence[str],
    *,
    recursive: bool,
    identity_only: bool = False,
    make_names: bool = False,
    with_places: bool | Literal["later"] = False,
) -> tuple[Located, ...]:
    """Read manifests, wanted in one of the ways of `Wanted`; their warnings go to stderr."""
    from calicoctl.operations.intake import Wanted

    return read_in(filenames, Wanted(identity_only, make_names, with_places), recursive=recursive).located


def read_in(filenames: Sequence[str], wanted: Wanted, *, recursive: bool) -> Intake:
    """The same, with all that there is to know about the manifests."""
    from calicoctl.commands.progress import Bar
    from calicoctl.operations.intake import read_manifests

    check_filenames(filenames)
    with Bar() as bar:
        intake = read_manifests(filenames, recursive=recursive, wanted=wanted, progress=bar)
    current().warn(intake.warnings)
    if intake.passed_over:
        one = intake.passed_over == 1
        tests = "1 policy test is" if one else f"{intake.passed_over} policy tests are"
        current().remark(f"{tests} passed over (calicoctl test runs {'it' if one else 'them'})")
    return intake


def check_filenames(filenames: Sequence[str], option: str = "-f") -> None:
    """Raise UsageProblem when the values of `-f`, or of whatever takes files, can't be meant."""
    if not filenames:
        raise UsageProblem(f"{option} is missing: name a manifest, a directory, or - for stdin")
    if list(filenames).count("-") > 1:
        raise UsageProblem(f"{option} - can be given only once: there is one stdin")
    if "-" in filenames and not sys.stdin:
        raise UsageProblem(f"{option} -: stdin is closed")
    if "" in filenames:
        # An unset variable in a script. As a path it would be the current directory.
        raise UsageProblem(f"{option} is empty: name a manifest, a directory, or - for stdin")


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


def applying(located: Sequence[Located], members: Members, *, force: bool) -> tuple[Step, list[Range]]:
    """The step of apply for these resources, and what it needs to read besides."""
    from calicoctl.operations.pruning import pruning, ranges_of_sets
    from calicoctl.operations.putting import applying as applying_all

    step = applying_all(force=force, joins=members.name)
    if members.name is None or not members.prune:
        return step, []
    return pruning(step, located[-1], members.name, members.most), ranges_of_sets()


def policy_set(
    filenames: Sequence[str], *, recursive: bool, with_datastore: bool, target: Target
) -> tuple[PolicySet, str]:
    """What there is to analyse, and what that is in words: manifests, the datastore, or the one on top of the other."""
    from calicoctl import analysis

    pause_collector()
    located = take_in(filenames, recursive=recursive, with_places=True) if filenames else ()
    found, basis = origins(located, filenames, with_datastore=with_datastore, target=target)
    result = analysis.policy_set(found.origins, found.notes)
    return result, f"{basis}: {result.counted}"


def origins(
    located: Sequence[Located], filenames: Sequence[str], *, with_datastore: bool, target: Target
) -> tuple[Origins, str]:
    """The resources to analyse, of manifests that were read, the datastore or both, and what that is in words."""
    from calicoctl.operations.origins import of_datastore, of_manifests

    pause_collector()
    if with_datastore and not filenames:
        raise UsageProblem("--with-datastore goes with -f only (without -f the datastore is read anyway)")
    basis = [", ".join(filenames)] if filenames else []
    if filenames and not with_datastore:
        return of_manifests(located), basis[0]
    with open_datastore(target, announce=False) as datastore:
        return of_datastore(datastore, located), " on top of ".join([*basis, f"datastore {datastore.endpoint}"])


def pause_collector() -> None:
    """Keep the garbage collector out until the command ends.

    An analysis makes no cycles, but millions of values that live as long as it does: walking them takes more time
    than making them (measured).
    """
    import gc

    if gc.isenabled():
        gc.disable()
        click.get_current_context().call_on_close(gc.enable)


def write(
    located: Sequence[Located],
    step: Step,
    target: Target,
    besides: Sequence[Range] = (),
) -> None:
    """Run a writing verb and say what became of each resource. `besides` is read as well, for the step."""
    from calicoctl.operations.writing import run

    write_by(lambda datastore, manner: run(datastore, located, step, besides, manner), target)


def write_by(work: Callable[[Datastore, Manner], Report], target: Target) -> None:
    """Let something write to the datastore in the manner that the user wants, and say what became of each resource."""
    from calicoctl.commands.progress import Bar
    from calicoctl.operations.manner import Manner

    with open_datastore(target, announce=True) as datastore, Bar() as bar:
        report = work(datastore, Manner(target.atomic, bar, current().remark, target.dry_run, target.allow_lockout))
    say(report, target.report_form)


def say(report: Report, form: str) -> None:
    """Print what became of each resource."""
    from calicoctl.printers import reports

    current().warn(report.warnings)
    text = reports.json(report) if form == "json" else reports.text(report, painted)
    click.echo(text, nl=False)


def conclude(text: str, code: int) -> None:
    """Print a result that the exit code says in short; the code counts even when the reader has left."""
    current().verdict = code
    # The name of a file need not be UTF-8; what is printed has to be.
    click.echo(text.encode(errors="backslashreplace").decode(), nl=False)


def say_json(value: object) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


_COLOURS = {"created": "green", "configured": "yellow", "replaced": "yellow", "deleted": "red", "pruned": "red"}


def painted(action: str) -> str:
    """The word for an action in its colour, which Click leaves out where no terminal shows it."""
    return click.style(action, fg=_COLOURS[action]) if action in _COLOURS else action
