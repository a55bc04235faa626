"""The validator that answers and the validator that explains agree; normal forms stay as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.kinds import Kind
from calicoctl.manifest.writer import to_json
from calicoctl.schema.explain import explain_errors
from calicoctl.schema.store import load_schema
from calicoctl.schema.validate import checks_for, validate
from tests.support.mutations import mutated_values
from tests.support.read_resources import EVERY_KIND, parse_documents, read_resources
from tests.support.strategies import manifests, values_of_kind


@EVERY_KIND
@given(data=st.data())
def test_valid_values_are_valid_for_both_validators(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values_of_kind(kind.name))
    assert list(explain_errors(load_schema(kind.name), value)) == []
    assert checks_for(kind.name).is_valid(value)


@EVERY_KIND
@given(data=st.data())
def test_both_validators_agree_on_mutated_values(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(mutated_values(data.draw(manifests(kind))))
    explained = list(explain_errors(load_schema(kind.name), value))
    assert checks_for(kind.name).is_valid(value) is not bool(explained)
    assert len(set(explained)) == len(explained)


@EVERY_KIND
@given(data=st.data())
def test_a_mutated_manifest_gives_a_resource_or_a_problem_never_both(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(mutated_values(data.draw(manifests(kind))))
    found, problems = read_resources(to_json([value]), "x.json")
    assert bool(found) is not bool(problems)
    for problem in problems:
        assert len(str(problem).splitlines()) == 1
        assert problem.position.line >= 1


@EVERY_KIND
@given(data=st.data())
def test_only_to_check_finds_what_reading_finds(kind: Kind, data: st.DataObject) -> None:
    whole = data.draw(manifests(kind))
    documents = parse_documents(to_json([whole, data.draw(mutated_values(whole))]), "x.json").documents
    read_, checked = validate(documents), validate(documents, identify_only=True)
    assert checked.problems == read_.problems
    assert checked.warnings == read_.warnings
    named = [(item.identifier, item.position) for item in read_.resources]
    assert [(item.identifier, item.position) for item in checked.resources] == named


@EVERY_KIND
@given(data=st.data())
def test_the_normal_form_of_a_normal_form_is_itself(kind: Kind, data: st.DataObject) -> None:
    normal = kind.resource(*kind.normalize(data.draw(manifests(kind))))
    assert kind.resource(*kind.normalize(normal.manifest())) == normal
    assert list(explain_errors(load_schema(kind.name), normal.manifest())) == []
    assert list(kind.check(normal.manifest())) == []
