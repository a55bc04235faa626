"""Checks of `doctor`: the state of Calico, unreadable objects, and the layout of policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl import __version__
from calicoctl.datastore import Entry
from calicoctl.datastore.client import Datastore
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode, PermissionDenied, Refused
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.policy import POLICY, has_legacy_layout
from calicoctl.name_list import count_noun
from calicoctl.operations.doctor.check import DoctorCheck, fail_check, pass_check, warn_check
from calicoctl.operations.history.log import read_history
from calicoctl.operations.read.lookup import StoredEntry, decode_entry
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.cluster import STATE_RANGES, State

_MAX_LISTED_OBJECTS = 100


def check_cluster(datastore: Datastore, _deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield whether Calico has initialised the datastore, whether it is locked, and the versions.

    Raises:
        DatastoreUnreachable: the read failed.
        Refused: the object with the lock is unreadable.
    """
    state = State.from_snapshot(datastore.read(STATE_RANGES))
    if state.cluster is None:
        yield warn_check("calico", "not initialised: an empty datastore (the first write initialises it)")
        return
    try:
        state.check_unlocked()
    except Refused as error:
        yield fail_check("calico", error.lines[0], error.exit_code)
    else:
        version = state.cluster.spec.get("calicoVersion") or "unknown"
        yield pass_check("calico", f"initialised, not locked, Calico {version}, calicoctl {__version__}")


def check_objects(datastore: Datastore, deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the unreadable objects, and the layout of the policies.

    Raises:
        DatastoreUnreachable: the read failed.
    """
    snapshot = datastore.read(kind_ranges(KINDS))
    tasks = [(kind, entry) for kind, entries in zip(KINDS, snapshot.entries_by_range, strict=True) for entry in entries]
    decoded = list(_decode_until(tasks, deadline))
    unreadable = [each for each in decoded if each.unreadable]
    for each in unreadable[:_MAX_LISTED_OBJECTS]:
        yield fail_check("objects", f"{each.unreadable} (repair or delete the key)", ExitCode.FINDINGS)
    if len(unreadable) > _MAX_LISTED_OBJECTS:
        others = count_noun(len(unreadable) - _MAX_LISTED_OBJECTS, "other unreadable object")
        yield fail_check("objects", others, ExitCode.FINDINGS)
    if len(decoded) < len(tasks):
        yield warn_check("objects", f"{len(decoded)} of {len(tasks)} objects read within --timeout (raise it)")
    elif not unreadable:
        yield pass_check("objects", f"{count_noun(len(tasks), 'object')}, all readable")
    yield _layout_check(decoded)


def check_history(datastore: Datastore, _deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the unreadable entries of the history. A missing permission is a result of another check.

    Raises:
        DatastoreUnreachable: the read failed.
    """
    try:
        log = read_history(datastore)
    except PermissionDenied:
        return
    for each in log.unreadable[:_MAX_LISTED_OBJECTS]:
        yield fail_check("history", each.consequence, ExitCode.FINDINGS)


def _decode_until(tasks: Sequence[tuple[Kind, Entry]], deadline: Deadline) -> Iterator[StoredEntry]:
    for kind, entry in tasks:
        if deadline.has_passed:
            return
        yield decode_entry(kind, entry)


def _layout_check(decoded: Sequence[StoredEntry]) -> DoctorCheck:
    policies = [each.stored for each in decoded if each.kind is POLICY and each.stored]
    legacy = sum(map(has_legacy_layout, policies))
    current = len(policies) - legacy
    if legacy and current:
        return warn_check(
            "policies",
            f"two layouts: {legacy} of Calico 3.31 and earlier, {current} of 3.32 and later "
            "(finish the upgrade of Calico; calicoctl reads both)",
        )
    layout = "Calico 3.31 and earlier" if legacy else "Calico 3.32 and later"
    return pass_check("policies", f"{len(policies)} policies" + (f" in the layout of {layout}" if policies else ""))
