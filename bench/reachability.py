"""Allowed traffic of the datastore of the environment, by the library: `python -m bench.reachability`."""

from __future__ import annotations

import gc
import os

from calicoctl.analysis import Reachability, build_policy_set
from calicoctl.config import load
from calicoctl.datastore import connect
from calicoctl.operations.policy_sets.sources import sources_from_datastore


def main() -> None:
    """Print the number of groups and blocks."""
    gc.disable()  # as the commands do
    with connect(load(None, os.environ)) as datastore:
        result = sources_from_datastore(datastore)
    analysis = Reachability(build_policy_set(result.sources, result.notes))
    print(f"{len(analysis.classes)} groups, {len(analysis.blocks)} blocks")


if __name__ == "__main__":
    main()
