"""Validation of documents against the JSON Schemas in `schemas/`."""

from calicoctl.schema.validate import ValidationResult, identify, validate

__all__ = ["ValidationResult", "identify", "validate"]
