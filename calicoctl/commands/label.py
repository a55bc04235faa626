"""label: set and remove labels of resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.commands import options, session
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.operations.labelling import Changes
    from calicoctl.operations.query import Query


@click.command(short_help="Set and remove labels of resources.")
@options.names("KIND [NAME...] | KIND/NAME... KEY=VALUE... KEY-...")
@click.option("-l", "--selector", metavar="SELECTOR", help="Label what the selector selects by its labels.")
@click.option("--all", "everything", is_flag=True, help="Label all of the kind.")
@click.option("--overwrite", is_flag=True, help="Change labels that have another value.")
@options.filters
@options.writing
def command(
    names: tuple[str, ...],
    selector: str | None,
    everything: bool,
    overwrite: bool,
    target: options.Target,
    **filters: str | None,
) -> None:
    """Set (KEY=VALUE) and remove (KEY-) labels of profiles and endpoints.

    A label that has another value is changed only with --overwrite. A selector sees what it sees in `get`.

    \b
    Example:
      calicoctl label profile web tier=front
      calicoctl label hostEndpoint --all --node host1 zone=edge old-
    """
    from calicoctl.commands.naming import check_labelled, exactly, parse_names
    from calicoctl.operations.labelling import check_labels, labelling
    from calicoctl.operations.query import kinds_of

    named, changes = _parted(names)
    queries = parse_names(named, options.given(**filters))
    check_labelled(queries, "label")
    for kind in kinds_of(queries):
        check_labels(kind, changes)
    if selector is None and not everything:
        session.write(exactly(queries, "label"), labelling(changes, overwrite=overwrite), target)
    else:
        _label_selected(queries, selector, changes, overwrite=overwrite, everything=everything, target=target)


def _label_selected(
    queries: Sequence[Query],
    selector: str | None,
    changes: Changes,
    *,
    overwrite: bool,
    everything: bool,
    target: options.Target,
) -> None:
    """Label what `-l` or `--all` selects; what that is, is looked up first."""
    from calicoctl.commands.naming import parse_selector
    from calicoctl.operations.labelling import labelling_selected, ranges_of_selection
    from calicoctl.operations.reading import get
    from calicoctl.resource import Located

    if selector is not None and everything:
        raise UsageProblem("-l and --all do not go together")
    query = queries[0]
    if query.names_one:
        raise UsageProblem(f"{'--all' if everything else '-l'} does not go with names")
    chosen = parse_selector("all()" if selector is None else selector, queries)
    with session.open_datastore(target, announce=False) as datastore:
        listing = get(datastore, queries, selector=chosen)
    located = [Located(name) for name in dict.fromkeys(resource.identifier for resource in listing.resources)]
    step = labelling_selected(query.kind, chosen, changes, overwrite=overwrite)
    session.write(located, step, target, ranges_of_selection(query.kind))


def _parted(words: Sequence[str]) -> tuple[Sequence[str], Changes]:
    """The words that name resources, and the changes that follow them."""
    first = next((index for index, word in enumerate(words) if _is_change(word)), len(words))
    names, rest = words[:first], words[first:]
    if not names:
        raise UsageProblem("name what to label: KIND NAME..., KIND/NAME..., or KIND with -l or --all")
    if not rest:
        raise UsageProblem("say which labels: KEY=VALUE sets one, KEY- removes one")
    changes: dict[str, str | None] = {}
    for word in rest:
        key, equals, text = word.partition("=")
        if not equals and not word.endswith("-"):
            raise UsageProblem(f"{word!r} is no label: KEY=VALUE sets one, KEY- removes one, and names come first")
        key = key if equals else word[:-1]
        if not key:
            raise UsageProblem(f"{word!r}: the label has no name")
        if key in changes:
            raise UsageProblem(f"label {key!r} is there twice")
        changes[key] = text if equals else None
    return names, changes


def _is_change(word: str) -> bool:
    """KEY=VALUE or KEY-; KIND/NAME may end with a dash as well."""
    from calicoctl.kinds import kind_named

    kind, slash, _ = word.partition("/")
    return "=" in word or (word.endswith("-") and not (slash and kind_named(kind)))
