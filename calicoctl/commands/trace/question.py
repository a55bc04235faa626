"""The options of `trace` that select the traffic: two peers with services, or a file with flows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from calicoctl.console.completion.peers import peers
from calicoctl.console.flow_files import check_flows_file, flows_option
from calicoctl.console.options.services import service_options
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.analysis.sets.services import ServiceSet


class TraceQuestion(NamedTuple):
    """Selected traffic."""

    source: str
    """`--from`; empty if there is none."""
    destination: str
    """`--to`; empty if there is none."""
    services: ServiceSet
    flows: str
    """File of `--flows`; empty if there is none."""


def question_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--from`, `--to`, `--flows` and the options of services. The command gets `question`."""

    @wraps(function)
    def command(
        *, source: str | None, destination: str | None, flows: str | None, services: ServiceSet, **values: Any
    ) -> Any:
        if flows is not None:
            _check_flows(flows, source, destination, services)
            check_flows_file(flows, values["filenames"])
        elif not (source and destination):
            missing = " and ".join(name for name, value in (("--from", source), ("--to", destination)) if not value)
            raise UsageError(f"missing {missing} (write --from PEER --to PEER, or --flows FILE)")
        return function(question=TraceQuestion(source or "", destination or "", services, flows or ""), **values)

    result = flows_option(service_options(command))
    for name, parameter, noun in (("to", "destination", "Destination"), ("from", "source", "Source")):
        result = click.option(
            f"--{name}", parameter, metavar="PEER", shell_complete=peers, help=f"{noun} of the traffic."
        )(result)
    return result


def _check_flows(flows: str, source: str | None, destination: str | None, services: ServiceSet) -> None:
    """Raise UsageError if other options select traffic as well."""
    from calicoctl.analysis.sets.services import ALL_SERVICES

    if source or destination or services is not ALL_SERVICES:
        raise UsageError(
            f"--flows {flows}: cannot be combined with --from, --to and options of services (its lines have them)"
        )
