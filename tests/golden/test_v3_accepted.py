"""v3 manifests of the analysis: what the real calicoctl 3.32.1 refuses is refused, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calicoctl.errors import InvalidManifest
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from tests.support.recordings import Row, load_rows

ROWS = load_rows("v3-accepted")
UNEVALUATED = (
    "HTTP",
    "Methods",
    "Paths",
    "Services",
    "PerformanceHints",
    "Annotations",
    "Namespace =",
    "service selecto",
)
"""Parts of the reasons that concern fields without an effect on the evaluation, which are not checked."""
BARE_ADDRESS = "(invalid CIDR)"
"""An address without a length in a rule is evaluated as one address: Felix does so."""
WORKLOAD_NAMES = ("does not match the primary identifiers", "InterfaceName = '' (Reason")
MAPPED_ADDRESS = "::ffff:"
"""Felix does not support these networks."""


def is_accepted(row: Row, path: Path) -> bool:
    path.write_text(json.dumps(row["resource"]), encoding="utf-8")
    try:
        load_resources((str(path),), recursive=False, options=LoadOptions(positions=True, v3_objects=True))
    except InvalidManifest as error:
        return not all(problem.path and problem.position.line for problem in error.problems)  # each at a field
    return True


def test_all_rows_are_there() -> None:
    assert (len(ROWS), sum(not row["refused"] for row in ROWS)) == (213, 80)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_manifest_is_accepted_as_by_calicoctl_3(row: Row, tmp_path: Path) -> None:
    reason = str(row["refused"])
    accepted = is_accepted(row, tmp_path / "object.json")
    if any(part in reason for part in (*UNEVALUATED, BARE_ADDRESS, *WORKLOAD_NAMES)):
        assert accepted or "Protocol" in reason
    elif MAPPED_ADDRESS in json.dumps(row["resource"]):
        assert (accepted, reason) == (False, "")
    else:
        assert accepted == (not reason), (row["resource"], reason)
