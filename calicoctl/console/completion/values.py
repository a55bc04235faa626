"""What can stand next on the command line, for completion by the shell: kinds, names, headings, fields, files.

Every function here is a `shell_complete` of click: it takes the context, which knows what was typed before, the
parameter, and the beginning of the word that is wanted. What it raises means that nothing is offered.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.printers.formats import OutputFormats
    from calicoctl.resource import Identifier

Items = list["CompletionItem[str]"]
Completer = Callable[[click.Context, click.Parameter, str], Items]

NO_SPACE = "nospace"
"""The type of a word that goes on: no space is put behind it."""

TIMEOUT_VARIABLE = "CALICOCTL_COMPLETION_TIMEOUT"
_DEFAULT_TIMEOUT_SECONDS = 0.3
"""Seconds that completion may take in all, since a person waits for it."""
_MAX_TIMEOUT_SECONDS = 3600.0
"""Seconds that can be asked for."""
_RESERVED_SECONDS = 0.03
"""Seconds of these for the shell, and for what follows here."""

_SHELL_SAFE_WORD = re.compile(r"[\w.,:/@%+-]+", re.ASCII)
"""Words that no shell takes apart. All names of v1 are; what is not was put into the store by something else."""


def time_left() -> float:
    """How long completion may still take. What the process has computed so far stands for the time it has run."""
    try:
        timeout = float(os.environ.get(TIMEOUT_VARIABLE, ""))
    except ValueError:
        timeout = _DEFAULT_TIMEOUT_SECONDS
    if not 0 < timeout <= _MAX_TIMEOUT_SECONDS:  # NaN is neither
        timeout = _DEFAULT_TIMEOUT_SECONDS
    return max(timeout - _RESERVED_SECONDS - time.process_time(), 0.001)


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Files and directories, which the shell itself finds."""
    return [CompletionItem(incomplete, type="file")]


def lint_codes(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The codes of lint."""
    from calicoctl.analysis.lint import CHECKS

    return [
        CompletionItem(check.code, help=check.name) for check in CHECKS if check.code.startswith(incomplete.upper())
    ]


def kinds(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Kinds, and what else a manifest may hold."""
    return [CompletionItem(word) for word in _matching_kinds_or_test(incomplete)]


def names(*, allow_all: bool = False) -> Completer:
    """Complete resource arguments: a kind and its names, or KIND/NAME; with `allow_all` the word `all` as well."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
        previous_words = context.params.get(parameter.name or "") or ()
        if any("=" in word for word in previous_words):  # labels, which names come before
            return []
        kind_word, slash, _ = incomplete.partition("/")
        if slash and (not previous_words or "/" in previous_words[0]):
            return _completion_items(_slash_names(context, kind_word), incomplete, previous_words)
        if previous_words and "/" not in previous_words[0]:
            return _completion_items(_resource_names(context, previous_words[0]), incomplete, previous_words[1:])
        end, item_type = ("/", NO_SPACE) if previous_words else ("", "plain")
        all_words = ["all"] if allow_all and not previous_words and "all".startswith(incomplete) else []
        return [CompletionItem(word + end, type=item_type) for word in (*_matching_kinds(incomplete), *all_words)]

    return complete


def filter_values(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """What an option of `options.filters` can be: the values that its field has among the kind's resources."""
    kind = _kind_from_args(context)
    if kind is None or parameter.name not in kind.identifying_fields:
        return []
    index = kind.identifying_fields.index(parameter.name)
    other_fields = [field for field in kind.identifying_fields[:-1] if field != parameter.name]
    identifiers = _read_identifiers(context, kind, other_fields)
    return _completion_items((identifier.values[index] for identifier in identifiers), incomplete)


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
    if output_format not in formats:
        return []
    before, comma, heading = headings.rpartition(",")
    kind = _kind_from_args(context)
    all_headings = dict.fromkeys(column.heading for each in ([kind] if kind else KINDS) for column in each.columns)
    candidates = [
        word for word in all_headings if word not in before.upper().split(",") and word.startswith(heading.upper())
    ]
    return [CompletionItem(f"{output_format}={before}{comma}{word}", type=NO_SPACE) for word in candidates]


def group_by_values(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The values of `connectivity --group-by`; behind the colon stands the key of a label."""
    words = ("profile", "label:", "class", "endpoint")
    return [
        CompletionItem(word, type=NO_SPACE if word.endswith(":") else "plain")
        for word in words
        if word.startswith(incomplete)
    ]


def field_paths(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The paths that `explain` takes, one step at a time."""
    if "." not in incomplete:
        return [CompletionItem(word, type=NO_SPACE) for word in _matching_kinds_or_test(incomplete)]
    from calicoctl.console.names import parse_kind_or_test
    from calicoctl.schema.fields import child_fields, find_field

    parent, _, step = incomplete.rpartition(".")
    kind_word, _, path = parent.partition(".")
    inner_fields = child_fields(find_field(parse_kind_or_test(kind_word), path))
    return [
        CompletionItem(
            f"{parent}.{name}", type=NO_SPACE if any(child_fields(inner)) else "plain", help=inner.description
        )
        for inner in inner_fields
        if (name := inner.path.rpartition(".")[2]).startswith(step)
    ]


def _matching_kinds(incomplete: str) -> list[str]:
    """The kinds that begin so, in any case; or else the other words for kinds that do."""
    from calicoctl.kinds import KINDS

    lower = incomplete.lower()
    if matches := [kind.name for kind in KINDS if kind.name.lower().startswith(lower)]:
        return matches
    return [word for kind in KINDS for word in kind.aliases if word.startswith(lower)]


def _matching_kinds_or_test(incomplete: str) -> list[str]:
    """The kinds that begin so, and policyTest."""
    from calicoctl.manifest.policy_tests import POLICY_TEST

    return [
        *_matching_kinds(incomplete),
        *([POLICY_TEST] if POLICY_TEST.lower().startswith(incomplete.lower()) else []),
    ]


def _kind_from_args(context: click.Context) -> Kind | None:
    """The kind that the words name, if there are words."""
    words = context.params.get("names") or ("",)
    return _find_kind(words[0].partition("/")[0])


def _find_kind(word: str) -> Kind | None:
    from calicoctl.kinds import find_kind

    return find_kind(word)


def _resource_names(context: click.Context, kind_word: str) -> Iterator[str]:
    """The names of a kind's resources, among those that the filters of the command line leave."""
    kind = _find_kind(kind_word)
    return (
        identifier.values[-1]
        for identifier in (_read_identifiers(context, kind, kind.identifying_fields[:-1]) if kind else ())
    )


def _slash_names(context: click.Context, kind_word: str) -> Iterator[str]:
    """The words KIND/NAME of a kind's resources, with the kind as it was typed."""
    kind = _find_kind(kind_word)
    resource_names = (
        str(identifier).partition("/")[2] for identifier in (_read_identifiers(context, kind) if kind else ())
    )
    return (f"{kind_word}/{name}" for name in resource_names)


def _read_identifiers(context: click.Context, kind: Kind, filters: Sequence[str] = ()) -> tuple[Identifier, ...]:
    """What names the kind's resources in the datastore that the command line leads to; `filters` are options of it."""
    from calicoctl.console import connect
    from calicoctl.console.names import given_filters
    from calicoctl.console.option_types import ConnectionOptions
    from calicoctl.operations.read.query import read_identifiers

    values = given_filters(**{name: context.params.get(name) for name in filters})
    connection = ConnectionOptions(context.params.get("config"), time_left())
    with connect.open_datastore(connection, announce=False) as datastore:
        return tuple(read_identifiers(datastore, kind, values))


def _completion_items(candidates: Iterable[str], incomplete: str, excluded: Iterable[str] = ()) -> Items:
    """Those of the words that begin so and were not given already, each once and in order."""
    remaining = {word for word in candidates if word.startswith(incomplete)}.difference(excluded)
    return [CompletionItem(word) for word in sorted(remaining) if _SHELL_SAFE_WORD.fullmatch(word)]
