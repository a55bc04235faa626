"""The options of `trace` that select the traffic: two peers with services, a file with flows, or an endpoint."""

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
    """Selected traffic. Texts are empty if the option is missing."""

    source: str
    destination: str
    endpoint: str
    services: ServiceSet
    flows: str
    """File of `--flows`."""
    summary: bool
    """Whether to print one line for each part of a case."""


_PEER_OPTIONS = (
    ("endpoint", "endpoint", "Show what applies to this endpoint: policies, profiles and their rules."),
    ("to", "destination", "Destination of the traffic."),
    ("from", "source", "Source of the traffic."),
)
"""Name, parameter and help of each option with a peer."""


def question_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--from`, `--to`, `--flows`, `--endpoint` and the options of services. The command gets `question`."""

    @wraps(function)
    def command(
        *,
        source: str | None,
        destination: str | None,
        endpoint: str | None,
        services: ServiceSet,
        flows: str | None,
        summary: bool,
        **values: Any,
    ) -> Any:
        question = TraceQuestion(source or "", destination or "", endpoint or "", services, flows or "", summary)
        if flows is not None:
            check_flows_file(flows, values["filenames"])
        _check_question(question)
        return function(question=question, **values)

    summary_option = click.option("--summary", is_flag=True, help="One line for each case, with the deciding rules.")
    result: Callable[..., Any] = flows_option(service_options(summary_option(command)))
    for name, parameter, text in _PEER_OPTIONS:
        result = click.option(f"--{name}", parameter, metavar="PEER", shell_complete=peers, help=text)(result)
    return result


def _check_question(question: TraceQuestion) -> None:
    """Raise UsageError if options are missing or select other traffic as well."""
    from calicoctl.analysis.sets.services import ALL_SERVICES

    alone = "--flows" if question.flows else "--endpoint" if question.endpoint else ""
    others = {
        "--from": question.source,
        "--to": question.destination,
        "--endpoint": question.endpoint if alone == "--flows" else "",
        "--summary": question.summary,
        "options of services": question.services is not ALL_SERVICES,
    }
    given = [name for name, value in others.items() if value]
    if alone and given:
        raise UsageError(f"{alone} cannot be combined with {' and '.join(given)}")
    missing = [name for name in ("--from", "--to") if not others[name]]
    if not alone and missing:
        raise UsageError(
            f"missing {' and '.join(missing)} (write --from PEER --to PEER, --flows FILE or --endpoint PEER)"
        )
