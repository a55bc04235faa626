"""Documents to validated resources. What a manifest may say is written down in `schemas/`, once."""

from calicoctl.schema.validate import ValidationResult, identify, validate

__all__ = ["ValidationResult", "identify", "validate"]
