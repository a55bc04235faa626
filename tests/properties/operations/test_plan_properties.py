"""Plan files: every resource of every kind is the same after it was saved in a plan."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from calicoctl.errors import Position
from calicoctl.kinds import Kind
from calicoctl.operations.plan import PlannedResource, SavedPlan
from calicoctl.operations.plan_format import format_plan, parse_plan
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.plan import PlanContext
from calicoctl.operations.write.put import PutOptions, plan_put
from calicoctl.resource import LocatedResource
from tests.support.read_resources import EVERY_KIND
from tests.support.strategies import resources


@EVERY_KIND
@settings(max_examples=15)
@given(data=st.data(), set_name=st.sampled_from([None, "web"]), legacy=st.booleans())
def test_a_saved_resource_is_read_back(kind: Kind, data: st.DataObject, set_name: str | None, legacy: bool) -> None:
    resource = data.draw(resources(kind))
    item = LocatedResource(resource.identifier, Position("a.yaml", 2, 3), resource)
    context = PlanContext(State(None, None, legacy), StoreView(()))
    plan = plan_put(context, item, None, PutOptions(Action.CREATED, join_set=set_name))
    planned = PlannedResource(plan.outcomes[0], 0, None, item)
    text = format_plan(SavedPlan("guid", legacy, set_name, False, (planned,), plan.writes))
    read = parse_plan("x.plan", text)
    (read_resource,) = read.resources
    assert read_resource.item == item
    assert (read_resource.outcome, read.set_name, read.cluster) == (planned.outcome, set_name, "guid")
    created, written = (json.loads(writes[0].value or b"") for writes in (read.writes, plan.writes))
    for document in (created, written):
        del document["metadata"]["uid"], document["metadata"]["creationTimestamp"]
    assert (created, read.writes[0].key) == (written, plan.writes[0].key)
