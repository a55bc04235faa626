"""Validation of documents against the JSON Schemas in `schemas/`."""

from calicoctl.schema.identify import identify
from calicoctl.schema.validate import ValidationResult, validate

__all__ = ["ValidationResult", "identify", "validate"]
