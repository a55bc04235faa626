"""Random policy sets that the real Felix enforced with real packets: the analysis gives the same verdict on each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.operations.policy_sets.sources import sources_from_datastore
from tests.golden.probes import PROBES
from tests.golden.unvalidated import put_unvalidated
from tests.support.etcd_server import Etcd
from tests.support.policies import packet, policy_set_from
from tests.support.recordings import Row, load_rows
from tests.support.reference_evaluator import ReferenceEvaluator

ROWS = load_rows("felix-verdicts")


OUTSIDE = "10.99.0.2"


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 241
    assert sum(len(row["allowed"]) for row in ROWS) == 14039


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_every_probe_gets_through_or_not_as_it_did(row: Row) -> None:
    check(row, policy_set_from(row["resources"]))


@pytest.mark.parametrize("row", ROWS[::10], ids=lambda row: str(row["id"]))
def test_it_is_the_same_once_all_is_read_from_the_datastore(row: Row, store: Etcd) -> None:
    put_unvalidated(store, row["resources"])
    with connect(Settings((store.endpoint,))) as datastore:
        found = sources_from_datastore(datastore)
    assert found.notes == ()
    check(row, build_policy_set(found.sources))


def check(row: Row, policies: PolicySet) -> None:
    """Ask about every probe, those that got through and those that did not."""
    analysis, world = Reachability(policies), ReferenceEvaluator(row["resources"])
    places = dict(addresses(row))
    groups = {name: analysis.address_space.class_of(parse_address(place)) for name, place in places.items()}
    allowed = {tuple(probe) for probe in row["allowed"]}

    for source, from_group in groups.items():
        for destination, to_group in groups.items():
            assert from_group
            assert to_group
            services = analysis.allowed(from_group, to_group)
            for name, service in PROBES.items() if source != destination else ():
                measured = (source, destination, name) in allowed
                assert (service in services) == measured, (source, destination, name)
                assert world.allowed(packet(places[source], places[destination], service)) == measured


def addresses(row: Row) -> Iterator[tuple[str, str]]:
    yield "world", OUTSIDE
    for resource in row["resources"]:
        if resource["kind"] == "workloadEndpoint":
            yield resource["metadata"]["name"], resource["spec"]["ipNetworks"][0].partition("/")[0]
