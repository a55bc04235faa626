"""Comments in manifests that suppress findings: `# calicoctl: ignore=CODE`."""

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
    """Comment that suppresses findings."""

    position: Position
    codes: tuple[str, ...]
    used: set[str] = field(default_factory=set)


class Suppressions:
    """Suppression comments of manifests.

    Args:
        sources: the texts of the manifests, without syntax errors.
        known_codes: all codes of findings.
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
        """Determine whether a finding at one of these positions is suppressed, and mark the comment as used."""
        matches = [
            suppression
            for position in positions
            for suppression in (*self._by_line.get(position[:2], ()), *self._by_file.get(position.source, ()))
            if code in suppression.codes
        ]
        for suppression in matches:
            suppression.used.add(code)
        return bool(matches)

    def invalid(self) -> Iterator[tuple[Position, str]]:
        """Yield the positions and messages of invalid comments."""
        yield from self._invalid

    def unused(self) -> Iterator[tuple[Position, str]]:
        """Yield the positions and messages of codes that have not suppressed a finding so far."""
        for suppression in self._suppressions:
            for code in suppression.codes:
                if code in self._known_codes and code not in suppression.used:
                    yield suppression.position, f"no finding {code} here to ignore (remove it)"

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
            self._invalid.append(
                (position, "this comment ignores nothing (write # calicoctl: ignore=CODE, or =CODE,CODE)")
            )
            return
        suppression = _Suppression(position, tuple(dict.fromkeys(match[2].upper().split(","))))
        self._suppressions.append(suppression)
        unknown = [code for code in suppression.codes if code not in self._known_codes]
        self._invalid += (
            (position, f"no code {code} (calicoctl lint --explain CODE describes each code)") for code in unknown
        )
        if match[1] == "ignore-file":
            self._by_file.setdefault(source.name, []).append(suppression)
            return
        line = comment.line
        while line in comment_lines:
            line += 1
        self._by_line.setdefault((source.name, line), []).append(suppression)
