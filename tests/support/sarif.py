"""The JSON Schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft7Validator, FormatChecker

SARIF_VALIDATOR = Draft7Validator(
    json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=FormatChecker(),
)
