"""Documents to validated resources. What a manifest may say is written down in `schemas/`, once."""

from calicoctl.schema.validate import Validated, identify, validate

__all__ = ["Validated", "identify", "validate"]
