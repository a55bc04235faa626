"""Implementation of `test`: results of policy tests, and rules that decide no case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from calicoctl import analysis
from calicoctl.analysis import PolicySet
from calicoctl.analysis.policy_tests.cases import CaseEvaluator, ExpectationMismatch, ExpectationResult
from calicoctl.analysis.policy_tests.coverage import Coverage, compute_coverage
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.containment import compare_with_baseline
from calicoctl.analysis.sets.services import union_all
from calicoctl.analysis.trace.traffic import TraceCase
from calicoctl.errors import Position
from calicoctl.operations.load.expectations import Baseline, PolicyTestCase, extra_endpoints, policy_test_cases
from calicoctl.operations.load.policy_tests import LoadedTest
from calicoctl.operations.policy_sets.sources import sources_from_datastore, sources_from_manifests
from calicoctl.resource import LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_MAX_VIOLATIONS = 5
"""Maximum number of examples for a baseline; the last one has the services of the others, too."""

Status = Literal["passed", "failed", "vacuous"]


@dataclass(frozen=True)
class CaseResult:
    """Result of a case."""

    case: PolicyTestCase
    verdict: ExpectationResult | None
    """None if a peer or the expected policy does not exist."""

    @property
    def status(self) -> Status:
        """Status; `vacuous` if there is nothing to evaluate."""
        if self.verdict is None or self.verdict.vacuous:
            return "vacuous"
        return "passed" if self.verdict.passed else "failed"

    @property
    def mismatches(self) -> tuple[ExpectationMismatch, ...]:
        """Differences from the expectation."""
        return self.verdict.mismatches if self.verdict else ()


@dataclass(frozen=True)
class SuiteResult:
    """Results of a policy test."""

    name: str
    position: Position
    basis: str
    """Description of the tested resources."""
    notes: tuple[str, ...]
    """Limitations of the analysis."""
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True)
class TestReport:
    """Results of all policy tests."""

    __test__ = False  # pytest must not collect it

    suites: tuple[SuiteResult, ...]
    coverage: Coverage

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Cases of all tests."""
        return tuple(case for suite in self.suites for case in suite.cases)

    @property
    def failed(self) -> int:
        """Number of cases that did not pass."""
        return sum(case.status != "passed" for case in self.cases)


def run_policy_tests(tests: Iterable[LoadedTest], only: str = "", datastore: Datastore | None = None) -> TestReport:
    """Run policy tests.

    Args:
        tests: the tests with their resources.
        only: run only cases with this text in their title, in any case.
        datastore: datastore that the resources are merged into, as `apply` would do; None tests the manifests alone.
    """
    suites: list[SuiteResult] = []
    evaluated: list[tuple[PolicySet, list[analysis.Rule]]] = []
    for loaded in tests:
        policy_set, basis = _build_policy_set(loaded, datastore)
        cases = [
            case for case in policy_test_cases(loaded.test, policy_set) if only.casefold() in case.title.casefold()
        ]
        if not cases:
            continue
        results = _evaluate_cases(policy_set, cases, loaded)
        suites.append(SuiteResult(loaded.test.name, _test_position(loaded), basis, policy_set.notes, results))
        evaluated.append(
            (policy_set, [rule for case in results if case.verdict for rule in case.verdict.deciding_rules])
        )
    return TestReport(tuple(suites), compute_coverage(evaluated))


def _test_position(loaded: LoadedTest) -> Position:
    document = loaded.test.document
    return document.position(document.node)


def _build_policy_set(loaded: LoadedTest, datastore: Datastore | None) -> tuple[PolicySet, str]:
    basis = [loaded.basis] if loaded.basis else []
    if datastore:
        sources = sources_from_datastore(datastore, loaded.resources)
        basis.append(f"datastore {datastore.endpoint}")
    else:
        sources = sources_from_manifests(loaded.resources)
    policy_set = analysis.build_policy_set(sources.sources, sources.notes, extra_endpoints(loaded.test))
    policy_set = replace(policy_set, neighbor_discovery=True)
    return policy_set, f"{' applied to '.join(basis)}: {policy_set.summary}"


def _evaluate_cases(
    policy_set: PolicySet, cases: Sequence[PolicyTestCase], loaded: LoadedTest
) -> tuple[CaseResult, ...]:
    evaluator = CaseEvaluator(policy_set, [case.expectation for case in cases if case.expectation])
    results = []
    for case in cases:
        result = evaluator.evaluate(case.expectation) if case.expectation else None
        if case.baseline:
            result = _compare_with_baseline(policy_set, loaded.baselines[case.baseline.text], case.baseline)
        results.append(CaseResult(case, result))
    return tuple(results)


def _compare_with_baseline(
    policy_set: PolicySet, resources: Sequence[LocatedResource], baseline: Baseline
) -> ExpectationResult:
    """Return the result of a case with a baseline; it does not count for the coverage."""
    sources = sources_from_manifests(resources)
    other = analysis.build_policy_set(sources.sources, sources.notes)
    result = compare_with_baseline(policy_set, other, baseline.requirement)
    mismatches = tuple(_as_mismatch(change, baseline) for change in result.violations[:_MAX_VIOLATIONS])
    hidden = [block.services for change in result.violations[_MAX_VIOLATIONS:] for block in change.blocks]
    if hidden:
        last = mismatches[-1]
        mismatches = (*mismatches[:-1], replace(last, services=union_all([last.services, *hidden])))
    return ExpectationResult(result.vacuous, mismatches, frozenset())


def _as_mismatch(change: TrafficChange, baseline: Baseline) -> ExpectationMismatch:
    is_allowed = baseline.requirement == "forbids"
    decision = change.after
    example = TraceCase(
        is_allowed, change.blocks, change.packet, change.source, change.destination, decision.egress, decision.ingress
    )
    services = union_all(block.services for block in change.blocks)
    return ExpectationMismatch("open" if is_allowed else "closed", services, example)
