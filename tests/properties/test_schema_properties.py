"""The validator that answers and the validator that explains agree; normal forms stay as they are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.kinds import Kind
from calicoctl.manifest.writer import to_json
from calicoctl.schema.explain import explain_errors
from calicoctl.schema.store import load_schema
from calicoctl.schema.validate import checks_for, validate
from tests.properties.reading import EVERY_KIND, loaded, read
from tests.strategies import manifests, nasty_texts, values

JUNK = (
    st.sampled_from([None, True, False, -1, 0, 1, 4, 1.5, 4.0, 1e300, 2**70, "", "v1", "4", [], {}, [None], {"a": 1}])
    | nasty_texts()
)


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """The value with a part of it replaced, removed, repeated or renamed."""
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 4)) == 0:
        return draw(JUNK)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value) - 1))
        changed: list[list[Any]] = [[], [value[index]] * 2, [draw(JUNK)], [draw(mutated(value[index]))]]
        return [*value[:index], *draw(st.sampled_from(changed)), *value[index + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    rest = {key: part for key, part in value.items() if key != name}
    other = draw(st.sampled_from([name.swapcase(), name + "s", name + "\n", "\u0661", "-a", "a" * 400]) | nasty_texts())
    inside = {**value, name: draw(mutated(value[name]))}
    return draw(st.sampled_from([rest, {**rest, other: value[name]}, {**value, other: draw(JUNK)}, inside, inside]))


@EVERY_KIND
@given(data=st.data())
def test_valid_values_are_valid_for_both_validators(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(load_schema(kind.name)))
    assert list(explain_errors(load_schema(kind.name), value)) == []
    assert checks_for(kind.name).is_valid(value)


@EVERY_KIND
@given(data=st.data())
def test_both_validators_agree_on_mutated_values(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(mutated(data.draw(manifests(kind))))
    explained = list(explain_errors(load_schema(kind.name), value))
    assert checks_for(kind.name).is_valid(value) is not bool(explained)
    assert len(set(explained)) == len(explained)


@EVERY_KIND
@given(data=st.data())
def test_a_mutated_manifest_gives_a_resource_or_a_problem_never_both(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(mutated(data.draw(manifests(kind))))
    found, problems = read(to_json([value]), "x.json")
    assert bool(found) is not bool(problems)
    for problem in problems:
        assert len(str(problem).splitlines()) == 1
        assert problem.position.line >= 1


@EVERY_KIND
@given(data=st.data())
def test_only_to_check_finds_what_reading_finds(kind: Kind, data: st.DataObject) -> None:
    whole = data.draw(manifests(kind))
    documents = loaded(to_json([whole, data.draw(mutated(whole))]), "x.json").documents
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
