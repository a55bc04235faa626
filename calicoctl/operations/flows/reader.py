"""Reader of a file with flows, line by line, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.flows.flow import Flow, FlowError
from calicoctl.bounded_read import read_lines
from calicoctl.errors import InvalidManifest, Position, Problem, os_reason
from calicoctl.findings import UNREADABLE
from calicoctl.operations.flows.formats import Header, Lines, find_format
from calicoctl.operations.flows.record_fields import HEADER_EXAMPLE, flow_from_record

MAX_PROBLEMS = 1000
"""Number of invalid lines after which reading stops."""
_BYTE_ORDER_MARK = "\ufeff"


class FlowReader:
    """Reader of flows; invalid lines are collected in `problems`.

    Args:
        path: path of the file, or `-` for standard input.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.problems: list[Problem] = []
        """Problems of lines that are not flows or cannot be evaluated."""

    def read(self) -> Iterator[Flow]:
        """Yield the flows.

        Raises:
            InvalidManifest: the file is unreadable or empty, or its first line is invalid.
        """
        try:
            yield from self._flows(self._lines(read_lines(self._path)))
        except OSError as error:
            problem = Problem(Position(self._path), message=f"can't be read: {os_reason(error)}", code=UNREADABLE)
            raise InvalidManifest([problem]) from None

    def reject(self, line: int, error: FlowError) -> None:
        """Add the problem of a line.

        Raises:
            InvalidManifest: too many lines are invalid.
        """
        self.problems.append(Problem(Position(self._path, line, 1), message=str(error)))
        if len(self.problems) >= MAX_PROBLEMS:
            stopped = f"stopped after {MAX_PROBLEMS:,} invalid lines (correct them, or remove them from the file)"
            raise InvalidManifest([*self.problems, Problem(Position(self._path, line, 1), message=stopped)])

    def _flows(self, lines: Lines) -> Iterator[Flow]:
        try:
            header = Header(*next(lines))
        except StopIteration:
            problem = Problem(Position(self._path), message=f"contains no flow (write a header: {HEADER_EXAMPLE})")
            raise InvalidManifest([*self.problems, problem]) from None
        try:
            yield from self._convert(header, lines)
        except FlowError as error:
            problem = Problem(Position(self._path, header.line, 1), message=str(error))
            raise InvalidManifest([problem]) from None

    def _convert(self, header: Header, lines: Lines) -> Iterator[Flow]:
        for line, record in find_format(header.text)(lines, header):
            try:
                if isinstance(record, FlowError):
                    raise record
                flow = flow_from_record(record, line)
            except FlowError as error:
                self.reject(line, error)
                continue
            yield flow

    def _lines(self, lines: Iterator[bytes]) -> Lines:
        """Yield the lines that are not empty, without line ends."""
        for number, data in enumerate(lines, 1):
            try:
                text = data.decode().rstrip("\r\n")
            except UnicodeDecodeError:
                self.reject(number, FlowError("not UTF-8 (save the file as UTF-8)"))
                continue
            text = text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text
            if text and not text.isspace():
                yield number, text
