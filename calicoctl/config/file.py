"""Configuration files: YAML or JSON documents of kind calicoApiConfig, or CalicoAPIConfig of Calico 3.

Each document is a context, with its name in `metadata.name`. As in Calico 3, the first document is the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from calicoctl.bounded_read import ReadError, read_bounded
from calicoctl.config.document import DocumentReader, position
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS, SettingsSource
from calicoctl.errors import UsageError, os_reason
from calicoctl.suggestion import suggestion

_MAX_FILE_BYTES = 2**20
"""Maximum size of a file. A larger one is another file, or a device that does not end."""
_C_LOADER = getattr(yaml, "CSafeLoader", None)


def read_file(
    path: str, context: SettingValue | None = None, seconds: float = DEFAULT_TIMEOUT_SECONDS
) -> SettingsSource:
    """Read a context of a configuration file. Problems of its fields are in the result, with their positions.

    Args:
        path: the path of the file.
        context: the name of the context; None for the first document. The rest of the file is then not read.
        seconds: longest wait for the next bytes of a pipe.

    Raises:
        UsageError: the file is unreadable or has a syntax error, or the context does not exist or is not a mapping.
    """
    documents = _documents(path, seconds)
    document = next(documents, None) if context is None else _named_document(path, list(documents), context)
    if not isinstance(document, yaml.MappingNode):
        raise UsageError(f"{path}: expected a mapping of kind calicoApiConfig")
    source = DocumentReader(path).read(document)
    return source if context is None else source._replace(file=f"{path}, context {context.text}")


def read_contexts(path: str) -> list[tuple[str, SettingsSource]]:
    """Return the name and the settings of each context of a file; the name is empty if it is missing.

    Raises:
        UsageError: the file is unreadable or has a syntax error.
    """
    mappings = [document for document in _documents(path) if isinstance(document, yaml.MappingNode)]
    return [(_name(document), DocumentReader(path).read(document)) for document in mappings]


def _named_document(path: str, documents: list[yaml.Node], context: SettingValue) -> yaml.Node:
    found = [document for document in documents if _name(document) == context.text]
    if not found:
        hint = (
            suggestion(context.text, filter(None, map(_name, documents)))
            or " (list them: calicoctl config get-contexts)"
        )
        raise UsageError(f"{context.origin}: no context '{context.text}' in {path}{hint}")
    if len(found) > 1:
        lines = ", ".join(str(document.start_mark.line + 1) for document in found)
        raise UsageError(f"{context.origin}: several contexts '{context.text}' in {path} (in lines {lines})")
    return found[0]


def _name(document: yaml.Node) -> str:
    """Return `metadata.name` of a document; an empty text if it is missing."""
    name = _child(_child(document, "metadata"), "name")
    return name.value if isinstance(name, yaml.ScalarNode) else ""


def _child(node: yaml.Node | None, field: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if str(key.value).lower() == field), None)


def _documents(path: str, seconds: float = DEFAULT_TIMEOUT_SECONDS) -> Iterator[yaml.Node]:
    """Yield the documents of a file as the parser reaches them."""
    try:
        data = read_bounded(path, _MAX_FILE_BYTES, seconds=seconds)
    except OSError as error:
        hint = " (expected a configuration file)" if isinstance(error, ReadError) else ""
        raise UsageError(f"{path}: {os_reason(error)}{hint}") from error
    try:
        yield from yaml.compose_all(data, Loader=_C_LOADER or yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(_syntax_error_message(path, data, error)) from None


def _syntax_error_message(path: str, data: bytes, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        indentation = re.match(rb"\s*", [*data.splitlines(), b""][mark.line])
        is_tab = indentation is not None and b"\t" in indentation[0]
        # The parser in Python quotes the file in its messages, the parser in C does not.
        problem = (error.problem or error.context) if _C_LOADER else "not YAML"
        return f"{position(path, mark)}: {'tab in the indentation (use spaces)' if is_tab else problem}"
    return f"{path}: {getattr(error, 'reason', 'not YAML')}"
