"""Every example applies as it is, is read back in its normal form, and is then unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from calicoctl.kinds import KINDS
from calicoctl.operations.load.manifests import load_resources
from calicoctl.resource import Resource
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl

FILES = sorted((ROOT / "examples").glob("*.yaml"))
TESTS = [path for path in FILES if path.stem.endswith("-test")]
EXAMPLES = [path for path in FILES if path not in TESTS]


def resources(path: Path) -> list[Resource | None]:
    """The resources of a manifest, in their normal form."""
    return [item.resource for item in load_resources([str(path)], recursive=False).resources]


def summary(count: int, action: str, lines: Sequence[str]) -> bool:
    return lines[-1] == f"{count} {action}" and all(line.endswith(f" {action}") for line in lines)


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_applies_and_is_read_back(example: Path, store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    wanted = resources(example)
    created = calicoctl("apply", "-f", str(example))
    assert created.exit_code == 0
    # A host endpoint comes before the policy for it.
    assert ["there is no rule yet for tcp/22" in line for line in created.stderr.splitlines()] == [True] * (
        example.stem == "host-endpoints"
    )
    assert summary(len(wanted), "created", created.stdout.splitlines())

    printed = tmp_path / "printed.yaml"
    printed.write_text(calicoctl("get", "-f", str(example), "-o", "yaml").stdout, encoding="utf-8")
    assert resources(printed) == wanted

    for path in (example, printed):
        again = calicoctl("apply", "-f", str(path))
        assert summary(len(wanted), "unchanged", again.stdout.splitlines())


def test_there_is_an_example_of_every_kind() -> None:
    kinds = {item.identifier.kind for path in EXAMPLES for item in resources(path) if item}
    assert kinds == {kind.name for kind in KINDS}


@pytest.mark.parametrize("test", TESTS, ids=[path.stem for path in TESTS])
def test_a_policy_test_passes_and_misses_no_rule(test: Path, calicoctl: Calicoctl) -> None:
    result = calicoctl("test", str(test), "--coverage-min", "100")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(" passed, 0 failed\n")


def test_every_example_says_what_it_shows() -> None:
    silent = [path.name for path in FILES if not path.read_text(encoding="utf-8").startswith("# ")]
    assert silent == []
