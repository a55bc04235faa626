"""Policy tests of any form: both validators agree on them, and each is read or refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.manifest.writer import to_json
from calicoctl.schema.explain import explain_errors
from calicoctl.schema.policy_test import read_policy_test
from calicoctl.schema.store import load_schema
from calicoctl.schema.validate import ValidationResult, checks_for
from tests.support.mutations import mutated_values
from tests.support.read_resources import parse_documents
from tests.support.strategies import values_of_schema

SCHEMA = load_schema("policyTest")
VALUES = values_of_schema(SCHEMA)


@given(st.data())
def test_valid_values_are_valid_for_both_validators(data: st.DataObject) -> None:
    value = data.draw(VALUES)
    assert list(explain_errors(SCHEMA, value)) == []
    assert checks_for("policyTest").is_valid(value)


@given(st.data())
def test_both_validators_agree_on_mutations_and_problems_have_positions(data: st.DataObject) -> None:
    value = data.draw(mutated_values(data.draw(VALUES)))
    explained = list(explain_errors(SCHEMA, value))
    assert checks_for("policyTest").is_valid(value) is not bool(explained)
    if isinstance(value, dict):
        result = ValidationResult()
        for document in parse_documents(to_json([value])).documents:
            read_policy_test(document, result)
        assert all(problem.position.line and problem.message for problem in result.problems)
