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
    from calicoctl.resource import Identifier

Items = list["CompletionItem[str]"]
Completer = Callable[[click.Context, click.Parameter, str], Items]

OPEN = "nospace"
"""The type of a word that goes on: no space is put behind it."""

TIMEOUT_VARIABLE = "CALICOCTL_COMPLETION_TIMEOUT"
_TIMEOUT = 0.3
"""Seconds that completion may take in all, since a person waits for it."""
_LONGEST = 3600.0
"""Seconds that can be asked for."""
_LEAVING = 0.03
"""Seconds of these for the shell, and for what follows here."""

_SAFE = re.compile(r"[\w.,:/@%+-]+", re.ASCII)
"""Words that no shell takes apart. All names of v1 are; what is not was put into the store by something else."""


def seconds_left() -> float:
    """How long completion may still take. What the process has computed so far stands for the time it has run."""
    try:
        allowed = float(os.environ.get(TIMEOUT_VARIABLE, ""))
    except ValueError:
        allowed = _TIMEOUT
    if not 0 < allowed <= _LONGEST:  # NaN is neither
        allowed = _TIMEOUT
    return max(allowed - _LEAVING - time.process_time(), 0.001)


def files(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """Files and directories, which the shell itself finds."""
    return [CompletionItem(begun, type="file")]


def codes(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """The codes of lint."""
    from calicoctl.analysis.lint import CHECKS

    return [CompletionItem(check.code, help=check.name) for check in CHECKS if check.code.startswith(begun.upper())]


def kinds(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """Kinds, and what else a manifest may hold."""
    return [CompletionItem(word) for word in _described(begun)]


def names(*, or_all: bool = False) -> Completer:
    """The words of `options.names`: a kind and names of it, or KIND/NAME words; with `or_all` the word all as well."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
        given = context.params.get(parameter.name or "") or ()
        if any("=" in word for word in given):  # labels, which names come before
            return []
        kind_word, slash, _ = begun.partition("/")
        if slash and (not given or "/" in given[0]):
            return _offered(_slashed(context, kind_word), begun, given)
        if given and "/" not in given[0]:
            return _offered(_named(context, given[0]), begun, given[1:])
        end, item_type = ("/", OPEN) if given else ("", "plain")
        every = ["all"] if or_all and not given and "all".startswith(begun) else []
        return [CompletionItem(word + end, type=item_type) for word in (*_kinds(begun), *every)]

    return complete


def field_of_names(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """What an option of `options.filters` can be: the values that its field has among the kind's resources."""
    kind = _kind_given(context)
    if kind is None or parameter.name not in kind.identified_by:
        return []
    place = kind.identified_by.index(parameter.name)
    others = [field for field in kind.identified_by[:-1] if field != parameter.name]
    found = _identifiers(context, kind, others)
    return _offered((identifier.values[place] for identifier in found), begun)


def forms(context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """The forms of `get -o`, and the headings of custom columns."""
    from calicoctl.kinds import KINDS
    from calicoctl.printers import FORMS

    form, equals, headings = begun.partition("=")
    if not equals:
        words = [word.partition("HEADING")[0] for word in FORMS]
        return [
            CompletionItem(word, type=OPEN if word.endswith("=") else "plain")
            for word in words
            if word.startswith(begun)
        ]
    before, comma, heading = headings.rpartition(",")
    kind = _kind_given(context)
    known = dict.fromkeys(column.heading for each in ([kind] if kind else KINDS) for column in each.columns)
    left = [word for word in known if word not in before.upper().split(",") and word.startswith(heading.upper())]
    return [CompletionItem(f"{form}={before}{comma}{word}", type=OPEN) for word in left]


def ways_of_grouping(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """The values of `connectivity --group-by`; behind the colon stands the key of a label."""
    words = ("profile", "label:", "class", "endpoint")
    return [
        CompletionItem(word, type=OPEN if word.endswith(":") else "plain") for word in words if word.startswith(begun)
    ]


def fields(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """The paths that `explain` takes, one step at a time."""
    if "." not in begun:
        return [CompletionItem(word, type=OPEN) for word in _described(begun)]
    from calicoctl.commands.naming import described_kind
    from calicoctl.schema.fields import field_at, fields_within

    parent, _, step = begun.rpartition(".")
    kind_word, _, path = parent.partition(".")
    within = fields_within(field_at(described_kind(kind_word), path))
    return [
        CompletionItem(f"{parent}.{name}", type=OPEN if any(fields_within(inner)) else "plain", help=inner.meaning)
        for inner in within
        if (name := inner.path.rpartition(".")[2]).startswith(step)
    ]


def _kinds(begun: str) -> list[str]:
    """The kinds that begin so, in any case; or else the other words for kinds that do."""
    from calicoctl.kinds import KINDS

    lower = begun.lower()
    if proper := [kind.name for kind in KINDS if kind.name.lower().startswith(lower)]:
        return proper
    return [word for kind in KINDS for word in kind.aliases if word.startswith(lower)]


def _described(begun: str) -> list[str]:
    """The kinds that begin so, and policyTest."""
    from calicoctl.manifest.policytests import POLICY_TEST

    return [*_kinds(begun), *([POLICY_TEST] if POLICY_TEST.lower().startswith(begun.lower()) else [])]


def _kind_given(context: click.Context) -> Kind | None:
    """The kind that the words name, if there are words."""
    given = context.params.get("names") or ("",)
    return _kind(given[0].partition("/")[0])


def _kind(word: str) -> Kind | None:
    from calicoctl.kinds import kind_named

    return kind_named(word)


def _named(context: click.Context, kind_word: str) -> Iterator[str]:
    """The names of a kind's resources, among those that the filters of the command line leave."""
    kind = _kind(kind_word)
    return (found.values[-1] for found in (_identifiers(context, kind, kind.identified_by[:-1]) if kind else ()))


def _slashed(context: click.Context, kind_word: str) -> Iterator[str]:
    """The words KIND/NAME of a kind's resources, with the kind as it was typed."""
    kind = _kind(kind_word)
    found = (str(identifier).partition("/")[2] for identifier in (_identifiers(context, kind) if kind else ()))
    return (f"{kind_word}/{place}" for place in found)


def _identifiers(context: click.Context, kind: Kind, filters: Sequence[str] = ()) -> tuple[Identifier, ...]:
    """What names the kind's resources in the datastore that the command line leads to; `filters` are options of it."""
    from calicoctl.commands import options, session
    from calicoctl.operations.identifiers import identifiers

    given = options.given(**{name: context.params.get(name) for name in filters})
    target = options.Target(context.params.get("config"), seconds_left())
    with session.open_datastore(target, announce=False) as datastore:
        return tuple(identifiers(datastore, kind, given))


def _offered(found: Iterable[str], begun: str, given: Iterable[str] = ()) -> Items:
    """Those of the words that begin so and were not given already, each once and in order."""
    left = {word for word in found if word.startswith(begun)}.difference(given)
    return [CompletionItem(word) for word in sorted(left) if _SAFE.fullmatch(word)]
