"""Reports of policy tests that passed, failed or matched no endpoint, and how the printers show them."""

from __future__ import annotations

from calicoctl.analysis import PolicySet
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.policy_tests.cases import CaseEvaluator, Expectation
from calicoctl.analysis.policy_tests.coverage import compute_coverage
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, services_of_protocol
from calicoctl.errors import Position
from calicoctl.operations.load.expectations import PolicyTestCase
from calicoctl.operations.test import CaseResult, SuiteResult, TestReport
from calicoctl.printers import formats
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from tests.support.policies import policy_set_from

RULE = {"action": "allow", "protocol": "tcp", "source": {}, "destination": {"ports": [22]}}


PROFILE = {"kind": "profile", "metadata": {"name": "p"}, "spec": {"ingress": [RULE], "egress": [RULE]}}


POLICY_SET: PolicySet = policy_set_from([PROFILE])


OUTSIDE, INSIDE = Peer("outside", networks=ALL_ADDRESSES), Peer("p", POLICY_SET.endpoints)


SSH = Expectation(OUTSIDE, INSIDE, services_of_protocol(6, None, (22, 23)), services_of_protocol(6, None, (22, 23)))


NO_TRAFFIC_EXPECTED = Expectation(OUTSIDE, INSIDE, ALL_SERVICES, NO_SERVICES)


def case_result(name: str, line: int, expectation: Expectation | None, file: str = "a.yaml") -> CaseResult:
    verdict = CaseEvaluator(POLICY_SET, [expectation]).evaluate(expectation) if expectation else None
    return CaseResult(
        PolicyTestCase("t", name, Position(file, line, 5), "deny", expectation, "" if verdict else "nobody"), verdict
    )


def make_report(*cases: CaseResult) -> TestReport:
    suite = SuiteResult("t", Position("a.yaml", 1, 1), "1 profile", ("a note",), cases)
    rules = [rule for case in cases if case.verdict for rule in case.verdict.deciding_rules]
    return TestReport((suite,), compute_coverage([(POLICY_SET, rules)]))


MIXED_REPORT = make_report(
    case_result("ssh", 7, SSH), case_result("nothing", 11, NO_TRAFFIC_EXPECTED), case_result("gone", 15, None)
)


PASSED_REPORT = make_report(case_result("ssh", 7, SSH))


def render(form: str, report: TestReport = MIXED_REPORT, *, asked: bool = False, minimum: float | None = None) -> str:
    return formats.POLICY_TESTS.select(form).load()(
        PolicyTestOutput(report, report.coverage if asked or minimum is not None else None, minimum)
    )
