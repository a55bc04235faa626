"""Comments in manifests that silence findings: `# calicoctl: ignore=CODE`, and which of them silence nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from calicoctl.errors import Position
from calicoctl.manifest.comments import Comment, comments
from calicoctl.manifest.sources import Source

_MARK = re.compile(r"#\s*calicoctl:\s*ignore")
_FORM = re.compile(r"#\s*calicoctl:\s*(ignore(?:-file)?)=([\w-]+(?:,[\w-]+)*)(?!\S)")


@dataclass(eq=False)
class _Ignore:
    """One comment."""

    position: Position
    codes: tuple[str, ...]
    used: set[str] = field(default_factory=set)


class Silencer:
    """The comments of manifests, and which findings they silence.

    Args:
        sources: the texts of the manifests; each can be read.
        known: all codes that there are.
    """

    def __init__(self, sources: Iterable[Source], known: Collection[str]) -> None:
        self._known = known
        self._of_line: dict[tuple[str, int], list[_Ignore]] = {}
        self._of_file: dict[str, list[_Ignore]] = {}
        self._ignores: list[_Ignore] = []
        self._wrong: list[tuple[Position, str]] = []
        for source in sources:
            if _MARK.search(source.text):
                self._read(source)

    def silences(self, code: str, places: Iterable[Position]) -> bool:
        """Whether a finding is silenced that is at one of these places, or within what begins there."""
        found = [
            ignore
            for place in places
            for ignore in (*self._of_line.get(place[:2], ()), *self._of_file.get(place.source, ()))
            if code in ignore.codes
        ]
        for ignore in found:
            ignore.used.add(code)
        return bool(found)

    def wrong(self) -> Iterator[tuple[Position, str]]:
        """What is wrong with comments, each with its place."""
        yield from self._wrong

    def unused(self) -> Iterator[tuple[Position, str]]:
        """The codes that silenced nothing so far, each with the place of its comment, in words."""
        for ignore in self._ignores:
            for code in ignore.codes:
                if code in self._known and code not in ignore.used:
                    yield ignore.position, f"there is no {code} here to ignore (remove it)"

    def _read(self, source: Source) -> None:
        listed = list(comments(source))
        alone = {comment.line for comment in listed if comment.alone}
        for comment in listed:
            if _MARK.match(comment.text):
                self._add(comment, source, alone)

    def _add(self, comment: Comment, source: Source, alone: Collection[int]) -> None:
        position = Position(source.name, comment.line, comment.column)
        form = _FORM.match(comment.text)
        if form is None:
            self._wrong.append((position, "this ignores nothing (write # calicoctl: ignore=CODE, or =CODE,CODE)"))
            return
        ignore = _Ignore(position, tuple(dict.fromkeys(form[2].upper().split(","))))
        self._ignores.append(ignore)
        unknown = [code for code in ignore.codes if code not in self._known]
        self._wrong += (
            (position, f"there is no code {code} (calicoctl lint --explain CODE has each)") for code in unknown
        )
        if form[1] == "ignore-file":
            self._of_file.setdefault(source.name, []).append(ignore)
            return
        line = comment.line
        while line in alone:
            line += 1
        self._of_line.setdefault((source.name, line), []).append(ignore)
