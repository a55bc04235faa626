"""The JSON Schemas as `calicoctl schema` prints them."""

from __future__ import annotations

import json
from typing import Any

from jsonschema_rs import meta

from tests.support.runner import Calicoctl


def printed_schema(calicoctl: Calicoctl, *arguments: str) -> Any:
    result = calicoctl("schema", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    schema = json.loads(result.stdout)
    meta.validate(schema)  # many times faster than in Python
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return schema
