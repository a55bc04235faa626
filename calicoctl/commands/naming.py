"""Resources as the command line names them: KIND NAME... with filters, or KIND/NAME..."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from calicoctl.commands.options import refuse
from calicoctl.errors import UsageProblem
from calicoctl.kinds import KINDS, Kind, kind_named
from calicoctl.manifest.policytests import POLICY_TEST
from calicoctl.operations.query import Query
from calicoctl.resource import Located
from calicoctl.schema.suggestion import suggestion
from calicoctl.selector import Selector, SelectorError

EVERY_KIND = "all"


def parse_names(words: Sequence[str], filters: Mapping[str, str]) -> tuple[Query, ...]:
    """What the words after a verb name.

    Args:
        words: a kind and names, or KIND/NAME words.
        filters: identifying fields that options give, such as `node`.

    Raises:
        UsageProblem: a word is no kind, forms are mixed, or a filter does not concern the kind.
    """
    for word in (*words, *filters.values()):
        _check_text(word)
    if list(words) == [EVERY_KIND]:
        refuse(filters, EVERY_KIND)
        return tuple(Query(kind, {}) for kind in KINDS)
    first = words[0]
    if "/" in first and kind_named(first) is None:
        refuse(filters, "KIND/NAME")
        wanted = tuple(_slashed(words))
    else:
        kind = named_kind(first)
        given = _filtered(kind, filters)
        names = words[1:]
        last = kind.identified_by[-1]
        wanted = tuple(_wanted(kind, {**given, last: name}) for name in names) or (_wanted(kind, given),)
    _refuse_twice(wanted)
    return wanted


def exactly(wanted: Sequence[Query], verb: str) -> tuple[Located, ...]:
    """Resources that are named in full, as a verb needs that takes no more than what is named.

    Raises:
        UsageProblem: something is left open.
    """
    located: list[Located] = []
    for item in wanted:
        if not (identifier := item.identifier):
            last = item.kind.identified_by[-1]
            needed = [f"its {field}" if field == last else f"--{field}" for field in item.missing]
            raise UsageProblem(f"{item} is not named in full: {verb} needs {' and '.join(needed)} as well")
        located.append(Located(identifier))
    return tuple(located)


def named_kind(word: str) -> Kind:
    """The kind that a word means.

    Raises:
        UsageProblem: it means none.
    """
    kind = kind_named(word)
    if kind is None:
        names = [kind.name for kind in KINDS]
        words = {word: kind.name for kind in KINDS for word in (kind.name, *kind.aliases)}
        hint = suggestion(word, words) or f" (kinds are {', '.join(names)})"
        raise UsageProblem(f"there is no kind {word!r}{hint}")
    return kind


def described_kind(word: str) -> str:
    """The name of the kind that a word means: of resources, or of what else a manifest may hold.

    Raises:
        UsageProblem: it means none.
    """
    return POLICY_TEST if word.lower() == POLICY_TEST.lower() else named_kind(word).name


def parse_selector(text: str, queries: Sequence[Query]) -> Selector:
    """The selector of `-l`, which has to go with kinds that carry labels.

    Raises:
        UsageProblem: it is no selector, or a kind has no labels.
    """
    from calicoctl.operations.labels import label_selector

    check_labelled(queries, "-l")
    try:
        return label_selector(text)
    except SelectorError as error:
        raise UsageProblem(f"-l: {error}") from None


def check_labelled(queries: Sequence[Query], what: str) -> None:
    """Raise UsageProblem when a kind carries no labels, which `what` needs."""
    from calicoctl.operations.labels import LABELLED

    for query in queries:
        if query.kind not in LABELLED:
            names = ", ".join(kind.name for kind in LABELLED)
            raise UsageProblem(f"{what}: a {query.kind.name} carries no labels (those that do are {names})")


def _check_text(word: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in word):  # bytes that are no text, as Python shows them
        raise UsageProblem(f"{word!r} is not UTF-8")


def _filtered(kind: Kind, filters: Mapping[str, str]) -> Mapping[str, str]:
    """The filters, all of which have to concern the kind."""
    concerned = kind.identified_by[:-1]
    for field in filters:
        if field not in concerned:
            known = " and ".join(f"--{name}" for name in concerned) or "no filters"
            raise UsageProblem(f"--{field} does not concern {kind.name} (it has {known})")
    if filters.get("scope", "node") != "node" and "node" in filters:
        raise UsageProblem(f"--node does not go with --scope={filters['scope']}: such peers have no node")
    return filters


def _slashed(words: Sequence[str]) -> Iterator[Query]:
    for word in words:
        kind_word, slash, rest = word.partition("/")
        if not slash or not rest:
            raise UsageProblem(f"{word!r}: write KIND/NAME for each, or KIND and its names")
        kind = named_kind(kind_word)
        fields = list(kind.identified_by)
        if rest.startswith("global/") and fields[0] == "scope":
            fields.remove("node")
        parts = rest.split("/", len(fields) - 1)
        if len(parts) < len(fields):
            raise UsageProblem(f"{word!r}: write {kind.name}/{'/'.join(field.upper() for field in fields)}")
        values = [*(part.replace("%2f", "/") for part in parts[:-1]), parts[-1]]
        yield _wanted(kind, dict(zip(fields, values, strict=True)))


def _wanted(kind: Kind, values: Mapping[str, str]) -> Query:
    """The values in their normal forms; what has none may still be a name in the store."""
    normal = {}
    for field, text in values.items():
        try:
            normal[field] = kind.normal_values.get(field, str)(text)
        except ValueError as error:
            if len(kind.identified_by) > 1:
                raise UsageProblem(str(error)) from None
            normal[field] = text
    return Query(kind, normal)


def _refuse_twice(wanted: Sequence[Query]) -> None:
    for index, item in enumerate(wanted):
        if item in wanted[:index]:
            raise UsageProblem(f"{item} is named twice")
