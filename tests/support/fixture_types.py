"""Types of fixtures that are functions."""

from __future__ import annotations

from collections.abc import Callable

from calicoctl.datastore.client import Datastore

OpenDatastore = Callable[..., Datastore]


ConcurrentWrite = Callable[[int], object]
"""Writes what somebody else writes; takes the number of our transaction that this comes before."""
