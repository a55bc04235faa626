"""Policy tests run: what has become of each case, and which rules decide in none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from calicoctl import analysis
from calicoctl.analysis import PolicySet
from calicoctl.analysis.policytests.cases import Disappointment, Examiner, Verdict
from calicoctl.analysis.policytests.coverage import Coverage, coverage
from calicoctl.errors import Position
from calicoctl.operations import origins
from calicoctl.operations.expectations import Expected, expected_of, extra_endpoints
from calicoctl.operations.policytests import Loaded

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Status = Literal["passed", "failed", "vacuous"]


@dataclass(frozen=True)
class Judged:
    """A case, and what has become of it."""

    expected: Expected
    verdict: Verdict | None
    """None when it asks about somebody who is not there."""

    @property
    def status(self) -> Status:
        """In a word."""
        if self.verdict is None or self.verdict.vacuous:
            return "vacuous"
        return "passed" if self.verdict.passed else "failed"

    @property
    def disappointments(self) -> tuple[Disappointment, ...]:
        """What is not as expected."""
        return self.verdict.disappointments if self.verdict else ()


@dataclass(frozen=True)
class Suite:
    """A policy test that has run."""

    name: str
    position: Position
    basis: str
    """What was tested, in words."""
    notes: tuple[str, ...]
    """What the reader has to know to trust the answer."""
    cases: tuple[Judged, ...]


@dataclass(frozen=True)
class TestReport:
    """All tests that have run."""

    __test__ = False  # pytest: this is no test of ours

    suites: tuple[Suite, ...]
    coverage: Coverage

    @property
    def cases(self) -> tuple[Judged, ...]:
        """The cases of all tests."""
        return tuple(case for suite in self.suites for case in suite.cases)

    @property
    def failed(self) -> int:
        """How many cases did not pass."""
        return sum(case.status != "passed" for case in self.cases)


def run(tests: Iterable[Loaded], only: str = "", datastore: Datastore | None = None) -> TestReport:
    """Run policy tests.

    Args:
        tests: the tests with their resources.
        only: a text; cases that don't have it in their title are left out, and tests without such a case.
        datastore: what the resources lie on top of, as `apply` would write them.
    """
    suites: list[Suite] = []
    examined: list[tuple[PolicySet, list[analysis.Rule]]] = []
    for loaded in tests:
        policy_set, basis = _policy_set(loaded, datastore)
        wanted = [case for case in expected_of(loaded.test, policy_set) if only.casefold() in case.title.casefold()]
        if not wanted:
            continue
        judged = _judged(policy_set, wanted)
        suites.append(Suite(loaded.test.name, _position(loaded), basis, policy_set.notes, judged))
        examined.append((policy_set, [rule for case in judged if case.verdict for rule in case.verdict.decisive]))
    return TestReport(tuple(suites), coverage(examined))


def _position(loaded: Loaded) -> Position:
    document = loaded.test.document
    return document.position(document.node)


def _policy_set(loaded: Loaded, datastore: Datastore | None) -> tuple[PolicySet, str]:
    basis = [loaded.basis] if loaded.basis else []
    if datastore:
        found = origins.of_datastore(datastore, loaded.located)
        basis.append(f"datastore {datastore.endpoint}")
    else:
        found = origins.of_manifests(loaded.located)
    made = analysis.policy_set(found.origins, found.notes, extra_endpoints(loaded.test))
    return made, f"{' on top of '.join(basis)}: {made.counted}"


def _judged(policy_set: PolicySet, wanted: Sequence[Expected]) -> tuple[Judged, ...]:
    examiner = Examiner(policy_set, [case.expectation for case in wanted if case.expectation])
    return tuple(Judged(case, examiner.verdict(case.expectation) if case.expectation else None) for case in wanted)
