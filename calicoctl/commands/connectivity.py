"""connectivity: who can reach whom, in groups that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.commands import completing, options, session
from calicoctl.commands.services import services as service_options
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem
from calicoctl.printers.connectivity import FORMS

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.analysis.services import ServiceSet


@click.command(short_help="Show who can reach whom, and with what.")
@click.option(
    "--group-by",
    default="profile",
    metavar="WAY",
    shell_complete=completing.ways_of_grouping,
    help="profile, label:KEY, class or endpoint.  [default: profile]",
)
@click.option("--focus", metavar="PARTY", help="Only what one of these sends or receives; as --from of trace.")
@service_options
@options.manifests
@options.with_datastore
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    help="How to print the answer.  [default: text]",
)
@options.connection
def command(
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    form: str,
    target: options.Target,
) -> None:
    """Show who can reach whom, and with what.

    The answer is exact: it is worked out for all packets at once, as the agent would judge them. What no row allows
    is denied. Reads manifests with -f, and the datastore without. When there are no endpoints, one stands in for each
    profile.

    Endpoints are grouped by what they have in common. A group whose endpoints are not all treated alike is shown in
    parts, each named by what tells it from the others. `outside` is whatever is no endpoint.

    \b
    Groups by
      profile      the profiles that endpoints have
      label:KEY    the value of a label, with those that profiles give
      class        what is allowed to them: as few groups as can be
      endpoint     each endpoint is one

    \b
    Example:
      calicoctl connectivity -f policies
      calicoctl connectivity -f policies --focus profile:database --protocol tcp
      calicoctl connectivity -f policies -o html > policies.html
    """
    found, basis = session.policy_set(filenames, recursive=recursive, with_datastore=with_datastore, target=target)
    _answer(found, basis, group_by, focus, services, form)


def _answer(found: PolicySet, basis: str, group_by: str, focus: str | None, services: ServiceSet, form: str) -> None:
    """Print the answer."""
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.connectivity.rows import connectivity
    from calicoctl.commands.parties import party
    from calicoctl.printers.connectivity import formatter_named
    from calicoctl.printers.connectivity.answer import Answer

    way, label = _way(group_by)
    about = party(focus, found) if focus else None
    known = frozenset(found.endpoints)
    guests = [endpoint for endpoint in about.endpoints if endpoint not in known] if about else []
    result = connectivity(found, Grouping(found, way, label, guests), services, about)
    text = formatter_named(form)(Answer(result, group_by, focus or "", services, basis, found.notes))
    current().warn(found.notes)
    session.conclude(text, 0)


def _way(text: str) -> tuple[str, str]:
    """The way of grouping, and the key of the label."""
    way, colon, label = text.partition(":")
    if way == "label" and label:
        return way, label
    if way in {"profile", "class", "endpoint"} and not colon:
        return way, ""
    raise UsageProblem(f"--group-by {text}: there is no such way (write profile, label:KEY, class or endpoint)")
