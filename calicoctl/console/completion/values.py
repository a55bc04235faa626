"""Completions of arguments: kinds, names, headings, fields and files.

Most functions are `shell_complete` callbacks of Click. They get the context with the parsed arguments, the parameter
and the beginning of the word. After an exception, no completions are offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from calicoctl.console.completion.items import (
    NO_SPACE,
    Completer,
    Items,
    completion_items,
    open_datastore,
    read_identifiers,
)

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.printers.formats import OutputFormats


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Let the shell complete files and directories."""
    return [CompletionItem(incomplete, type="file")]


def contexts(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete contexts of the configuration file."""
    from calicoctl.config import find_file
    from calicoctl.config.file import read_contexts
    from calicoctl.console.option_types import ConnectionOptions

    path = find_file(ConnectionOptions.from_context(context).config)
    return completion_items((name for name, _ in read_contexts(path)) if path else (), incomplete)


def roles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete roles of `etcd roles`."""
    from calicoctl.operations.permissions import ROLES

    return completion_items((role.name for role in ROLES), incomplete)


def kinds(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete kinds of documents: resources, `policyTest` and `storedObject`."""
    from calicoctl.schema.document_kinds import DOCUMENT_KINDS

    return [CompletionItem(word) for word in _matching_words(incomplete, DOCUMENT_KINDS)]


def schema_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete names of schemas: kinds of documents, the configuration file and plans."""
    from calicoctl.schema.published import SCHEMA_NAMES

    return [CompletionItem(word) for word in _matching_words(incomplete, SCHEMA_NAMES)]


def names(*, allow_all: bool = False) -> Completer:
    """Return a callback for resource names: KIND NAME... or KIND/NAME, and with `allow_all` the word `all`."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
        previous_words = context.params.get(parameter.name or "") or ()
        if any("=" in word for word in previous_words):  # labels follow the names
            return []
        kind_word, slash, _ = incomplete.partition("/")
        if slash and (not previous_words or "/" in previous_words[0]):
            return completion_items(_slash_names(context, kind_word), incomplete, previous_words)
        if previous_words and "/" not in previous_words[0]:
            return completion_items(_resource_names(context, previous_words[0]), incomplete, previous_words[1:])
        end, item_type = ("/", NO_SPACE) if previous_words else ("", "plain")
        all_words = ["all"] if allow_all and not previous_words and "all".startswith(incomplete) else []
        before, comma, word = incomplete.rpartition(",")
        kind_words = [f"{before}{comma}{kind}" for kind in _matching_kinds(word)]
        return [CompletionItem(word + end, type=item_type) for word in (*kind_words, *all_words)]

    return complete


def filter_values(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Complete an option of `filter_options` with the values of its field in the datastore."""
    kind = _kind_from_args(context)
    if kind is None or parameter.name not in kind.identifying_fields:
        return []
    index = kind.identifying_fields.index(parameter.name)
    other_fields = [field for field in kind.identifying_fields[:-1] if field != parameter.name]
    identifiers = read_identifiers(context, [kind], other_fields)
    return completion_items((identifier.values[index] for identifier in identifiers), incomplete)


def revisions(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete revisions of the history, each with its command."""
    from calicoctl.operations.history.log import read_history
    from calicoctl.printers.history import format_heading

    with open_datastore(context) as datastore:
        commands = read_history(datastore).commands
    return [
        CompletionItem(str(each.revision), help=format_heading(each).strip().partition(", ")[2])
        for each in commands
        if str(each.revision).startswith(incomplete)
    ]


def output_formats(formats: OutputFormats, context: click.Context, incomplete: str) -> Items:
    """Complete a value of `-o`: formats, and the headings of custom columns."""
    from calicoctl.kinds import KINDS

    output_format, equals, headings = incomplete.partition("=")
    if not equals:
        return [
            CompletionItem(f"{each.name}=", type=NO_SPACE) if each.argument else CompletionItem(each.name)
            for each in formats
            if each.syntax.startswith(incomplete)
        ]
    if output_format != "custom-columns" or output_format not in formats:
        return []
    before, comma, heading = headings.rpartition(",")
    kind = _kind_from_args(context)
    all_headings = dict.fromkeys(column.heading for each in ([kind] if kind else KINDS) for column in each.columns)
    candidates = [
        word for word in all_headings if word not in before.upper().split(",") and word.startswith(heading.upper())
    ]
    return [CompletionItem(f"{output_format}={before}{comma}{word}", type=NO_SPACE) for word in candidates]


def field_paths(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete the path of `explain`, one field at a time."""
    from calicoctl.schema.document_kinds import DOCUMENT_KINDS

    if "." not in incomplete:
        return [CompletionItem(word, type=NO_SPACE) for word in _matching_words(incomplete, DOCUMENT_KINDS)]
    from calicoctl.console.names import parse_document_kind
    from calicoctl.schema.fields import child_fields, find_field

    parent, _, step = incomplete.rpartition(".")
    kind_word, _, path = parent.partition(".")
    inner_fields = child_fields(find_field(parse_document_kind(kind_word), path))
    return [
        CompletionItem(
            f"{parent}.{name}", type=NO_SPACE if any(child_fields(inner)) else "plain", help=inner.description
        )
        for inner in inner_fields
        if (name := inner.path.rpartition(".")[2]).startswith(step)
    ]


def _matching_kinds(incomplete: str) -> list[str]:
    """Return kinds with this prefix in any case, or else aliases with it."""
    from calicoctl.kinds import KINDS

    lower = incomplete.lower()
    if matches := [kind.name for kind in KINDS if kind.name.lower().startswith(lower)]:
        return matches
    return [word for kind in KINDS for word in kind.aliases if word.startswith(lower)]


def _matching_words(incomplete: str, names: Iterable[str]) -> list[str]:
    """Return kinds and their aliases, and other names, with this prefix."""
    from calicoctl.kinds import find_kind

    others = [name for name in names if find_kind(name) is None]
    return [*_matching_kinds(incomplete), *(name for name in others if name.lower().startswith(incomplete.lower()))]


def _kind_from_args(context: click.Context) -> Kind | None:
    """Return the kind of the resource names; None without names."""
    words = context.params.get("names") or ("",)
    return _find_kind(words[0].partition("/")[0])


def _find_kind(word: str) -> Kind | None:
    from calicoctl.kinds import find_kind

    return find_kind(word)


def _resource_names(context: click.Context, kind_word: str) -> Iterator[str]:
    """Return the names of resources of the kinds that match the filters of the command line."""
    kinds = [kind for word in kind_word.split(",") if (kind := _find_kind(word))]
    filters = {field for kind in kinds for field in kind.identifying_fields[:-1]}
    return (identifier.values[-1] for identifier in read_identifiers(context, kinds, filters))


def _slash_names(context: click.Context, kind_word: str) -> Iterator[str]:
    """Return KIND/NAME for each resource of a kind, with the kind as typed."""
    kind = _find_kind(kind_word)
    identifiers = read_identifiers(context, [kind] if kind else [])
    return (f"{kind_word}/{str(identifier).partition('/')[2]}" for identifier in identifiers)
