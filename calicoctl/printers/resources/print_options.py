"""Properties of the output of `get` that do not depend on the format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calicoctl.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from calicoctl.kinds import Kind


@dataclass(frozen=True)
class PrintOptions:
    """Requested kinds, and options of the output."""

    kinds: Sequence[Kind] = ()
    """Requested kinds, in their order. Without kinds, resources of any kind can be printed."""
    headings: bool = True
    labels: bool = False
    """Whether tables have a column with labels at the end."""
    single: bool = False
    """Whether one resource was requested by its name. JSONPath templates apply to it, and otherwise to a list."""
