"""Evaluation of a file with flows: the flows that can be evaluated, their number by verdict, and the invalid lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Generic, TypeVar

from calicoctl.analysis.flows.flow import Flow, FlowError
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.operations.flows.reader import FlowReader

ResultT = TypeVar("ResultT")


class FlowRun(Generic[ResultT]):
    """Iterator over the results of all flows of a file, in their order. Only one result is in memory.

    Args:
        path: path of the file, or `-` for standard input.
        evaluate: evaluates a flow, and raises FlowError for an invalid one.
        category: returns the category of a result, for `counts`.

    Raises:
        InvalidManifest: the file contains no valid flow.
    """

    def __init__(self, path: str, evaluate: Callable[[Flow], ResultT], category: Callable[[ResultT], str]) -> None:
        self._reader = FlowReader(path)
        self._evaluate = evaluate
        self._category = category
        self._error: InvalidManifest | None = None
        self.counts: Counter[str] = Counter()
        """Number of results by category."""
        results = self._results()
        first = next(results, None)
        self._all_results = results if first is None else chain([first], results)
        if first is None:
            self.check()
            message = "contains no flow (write one in each line after the header)"
            raise InvalidManifest([Problem(Position(path), message=message)])

    def __iter__(self) -> Iterator[ResultT]:
        return self._all_results

    def check(self) -> None:
        """Check that all lines were valid, after the iteration.

        Raises:
            InvalidManifest: the problems of all invalid lines.
        """
        if self._error:
            raise self._error
        if self._reader.problems:
            raise InvalidManifest(self._reader.problems)

    def _results(self) -> Iterator[ResultT]:
        """Yield the results. An error in the middle of the file ends them, so that the output is complete."""
        try:
            for flow in self._reader.read():
                try:
                    result = self._evaluate(flow)
                except FlowError as error:
                    self._reader.reject(flow.line, error)
                    continue
                self.counts[self._category(result)] += 1
                yield result
        except InvalidManifest as error:
            self._error = error
