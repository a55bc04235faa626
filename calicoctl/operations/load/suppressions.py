"""Comments in manifests that silence findings: `# calicoctl: ignore=CODE`, and which of them silence nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from calicoctl.errors import Position
from calicoctl.manifest.comments import Comment, find_comments
from calicoctl.manifest.sources import Source

_MARKER = re.compile(r"#\s*calicoctl:\s*ignore")
_SYNTAX = re.compile(r"#\s*calicoctl:\s*(ignore(?:-file)?)=([\w-]+(?:,[\w-]+)*)(?!\S)")


@dataclass(eq=False)
class _Suppression:
    """One comment."""

    position: Position
    codes: tuple[str, ...]
    used: set[str] = field(default_factory=set)


class Suppressions:
    """The comments of manifests, and which findings they silence.

    Args:
        sources: the texts of the manifests; each can be read.
        known: all codes that there are.
    """

    def __init__(self, sources: Iterable[Source], known_codes: Collection[str]) -> None:
        self._known_codes = known_codes
        self._by_line: dict[tuple[str, int], list[_Suppression]] = {}
        self._by_file: dict[str, list[_Suppression]] = {}
        self._suppressions: list[_Suppression] = []
        self._invalid: list[tuple[Position, str]] = []
        for source in sources:
            if _MARKER.search(source.text):
                self._parse(source)

    def covers(self, code: str, positions: Iterable[Position]) -> bool:
        """Whether a finding is silenced that is at one of these places, or within what begins there."""
        matches = [
            ignore
            for position in positions
            for ignore in (*self._by_line.get(position[:2], ()), *self._by_file.get(position.source, ()))
            if code in ignore.codes
        ]
        for ignore in matches:
            ignore.used.add(code)
        return bool(matches)

    def invalid(self) -> Iterator[tuple[Position, str]]:
        """What is wrong with comments, each with its place."""
        yield from self._invalid

    def unused(self) -> Iterator[tuple[Position, str]]:
        """The codes that silenced nothing so far, each with the place of its comment, in words."""
        for suppression in self._suppressions:
            for code in suppression.codes:
                if code in self._known_codes and code not in suppression.used:
                    yield suppression.position, f"there is no {code} here to ignore (remove it)"

    def _parse(self, source: Source) -> None:
        all_comments = list(find_comments(source))
        comment_lines = {comment.line for comment in all_comments if comment.on_own_line}
        for comment in all_comments:
            if _MARKER.match(comment.text):
                self._add(comment, source, comment_lines)

    def _add(self, comment: Comment, source: Source, comment_lines: Collection[int]) -> None:
        position = Position(source.name, comment.line, comment.column)
        match = _SYNTAX.match(comment.text)
        if match is None:
            self._invalid.append((position, "this ignores nothing (write # calicoctl: ignore=CODE, or =CODE,CODE)"))
            return
        suppression = _Suppression(position, tuple(dict.fromkeys(match[2].upper().split(","))))
        self._suppressions.append(suppression)
        unknown = [code for code in suppression.codes if code not in self._known_codes]
        self._invalid += (
            (position, f"there is no code {code} (calicoctl lint --explain CODE has each)") for code in unknown
        )
        if match[1] == "ignore-file":
            self._by_file.setdefault(source.name, []).append(suppression)
            return
        line = comment.line
        while line in comment_lines:
            line += 1
        self._by_line.setdefault((source.name, line), []).append(suppression)
