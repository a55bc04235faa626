"""Resources as the command line names them: KIND NAME..., or KIND/NAME..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calicoctl.errors import UsageProblem
from calicoctl.kinds import KINDS, Kind, kind_named
from calicoctl.resource import Identifier, Located
from calicoctl.schema.suggestion import suggestion


@dataclass(frozen=True)
class Named:
    """A kind as a whole, or resources by name."""

    kinds: tuple[Kind, ...]
    located: tuple[Located, ...]


def parse_names(words: Sequence[str]) -> Named:
    """What the words after a verb name.

    Raises:
        UsageProblem: a word is no kind, or KIND and KIND/NAME are mixed.
    """
    first = words[0]
    if "/" in first and kind_named(first) is None:
        located = tuple(_slashed(words))
    else:
        kind = _kind(first)
        located = tuple(Located(Identifier(kind.name, (name,))) for name in words[1:])
        if not located:
            return Named((kind,), ())
    _refuse_twice(located)
    kinds = dict.fromkeys(_kind(item.identifier.kind) for item in located)
    return Named(tuple(kinds), located)


def _slashed(words: Sequence[str]) -> Iterator[Located]:
    for word in words:
        kind, slash, name = word.partition("/")
        if not slash or not name:
            raise UsageProblem(f"{word!r}: write KIND/NAME for each, or KIND and its names")
        yield Located(Identifier(_kind(kind).name, (name,)))


def _kind(word: str) -> Kind:
    kind = kind_named(word)
    if kind is None:
        known = [name for kind in KINDS for name in (kind.name, *kind.aliases)]
        names = ", ".join(kind.name for kind in KINDS)
        raise UsageProblem(f"there is no kind {word!r}{suggestion(word, known) or f' (kinds are {names})'}")
    return kind


def _refuse_twice(located: Sequence[Located]) -> None:
    for index, item in enumerate(located):
        if item in located[:index]:
            raise UsageProblem(f"{item.identifier} is named twice")
