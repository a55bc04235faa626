"""A few of the mutated inputs of `make soak`: nothing that is read causes an internal error."""

from __future__ import annotations

from pathlib import Path

from tests.soak.fuzzer import wrong_answers
from tests.soak.plans import plans
from tests.soak.targets import configurations, manifests, selectors, stored_values
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl

SEED = 1


def test_mutated_manifests(calicoctl: Calicoctl) -> None:
    assert list(wrong_answers(manifests(calicoctl), SEED, 300)) == []


def test_mutated_stored_values(store: Etcd, calicoctl: Calicoctl) -> None:
    assert list(wrong_answers(stored_values(store, calicoctl), SEED, 150)) == []


def test_mutated_plans(tmp_path: Path, store: Etcd, calicoctl: Calicoctl) -> None:
    assert list(wrong_answers(plans(tmp_path, store, calicoctl), SEED, 150)) == []


def test_mutated_configuration_files(tmp_path: Path) -> None:
    assert list(wrong_answers(configurations(tmp_path / "calicoctl.cfg"), SEED, 1000)) == []


def test_mutated_selectors() -> None:
    assert list(wrong_answers(selectors(), SEED, 2000)) == []
