"""JSONPath templates of kubectl, such as `{.items[*].metadata.name}`."""

from calicoctl.jsonpath.evaluation import find_values, format_value, render_template
from calicoctl.jsonpath.nodes import JsonPathError, Path, Template
from calicoctl.jsonpath.parser import parse_field_path, parse_template

__all__ = [
    "JsonPathError",
    "Path",
    "Template",
    "find_values",
    "format_value",
    "parse_field_path",
    "parse_template",
    "render_template",
]
