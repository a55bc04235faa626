"""Connection settings from a file: YAML or JSON of kind calicoApiConfig, or CalicoAPIConfig of Calico 3.

Messages contain the names of known fields only, and no value: a password or a key can be in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from calicoctl.config.known_fields import KUBERNETES_FIELDS, SECTIONS, section_of
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SettingsSource
from calicoctl.errors import Position, UsageError
from calicoctl.suggestion import suggestion

_VERSIONS = {"v1": "calicoApiConfig", "projectcalico.org/v3": "CalicoAPIConfig"}
"""Version to kind of the file."""
_C_LOADER = getattr(yaml, "CSafeLoader", None)


def read_file(path: str) -> SettingsSource:
    """Read a configuration file. Problems of its fields are in the result, with their positions.

    As in Calico 3, the first document of the file is read.

    Raises:
        UsageError: the file is unreadable, has a syntax error, or is not a mapping.
    """
    try:
        data = Path(path).read_bytes()
        document = next(iter(yaml.compose_all(data, Loader=_C_LOADER or yaml.SafeLoader)), None)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except yaml.YAMLError as error:
        raise UsageError(_syntax_error_message(path, data, error)) from None
    if not isinstance(document, yaml.MappingNode):
        raise UsageError(f"{path}: expected a mapping of kind calicoApiConfig")
    return _ConfigReader(path).read(document)


def _syntax_error_message(path: str, data: bytes, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        indentation = re.match(rb"\s*", [*data.splitlines(), b""][mark.line])
        is_tab = indentation is not None and b"\t" in indentation[0]
        # The parser in Python quotes the file in its messages, the parser in C does not.
        problem = (error.problem or error.context) if _C_LOADER else "not YAML"
        return f"{_position(path, mark)}: {'tab in the indentation (use spaces)' if is_tab else problem}"
    return f"{path}: {getattr(error, 'reason', 'not YAML')}"


class _ConfigReader:
    """Reads one document and collects its problems."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self, document: yaml.MappingNode) -> SettingsSource:
        top = self._known_fields(document, "")
        version = self._check_constant(top, "apiVersion", tuple(_VERSIONS), document)
        kinds = tuple(_VERSIONS.values()) if version is None else (_VERSIONS[version],)
        self._check_constant(top, "kind", kinds, document)
        self._section(top, "metadata")
        spec = self._section(top, "spec")
        values = self._setting_values({name: node for name, node in spec.items() if name not in KUBERNETES_FIELDS})
        is_complete = bool({"etcdEndpoints", "etcdAuthority", "etcdDiscoverySrv"} & values.keys())
        has_type = values.get("datastoreType", SettingValue("etcdv3", "")).text == "etcdv3"
        if not self.problems and not is_complete and has_type:
            # As in calicoctl 1.6.5, a configuration file is the only source of settings.
            self.problems.append(f"{self.path}: spec.etcdEndpoints: missing (expected http://HOST:PORT)")
        return SettingsSource(values, self.path, tuple(self.problems))

    def _known_fields(self, node: yaml.MappingNode, section: str) -> dict[str, yaml.Node]:
        """Return the known fields of a section, without difference of case, as in Go; report all others."""
        names = {name.lower(): name for name in SECTIONS[section]}
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = names.get(str(key.value).lower()) if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                self._report_unknown(key, section)
            elif name in fields:
                first = fields[name].start_mark.line + 1
                self._add_problem(key, _join(section, name), f"duplicate field (first in line {first})")
            else:
                fields[name] = value
        return fields

    def _report_unknown(self, key: yaml.Node, section: str) -> None:
        text = key.value if isinstance(key, yaml.ScalarNode) else ""
        known = SECTIONS[section]
        if (other := section_of(text, section)) is not None:
            place = f"in {other}" if other else "at the top level"
            self._add_problem(key, _join(section, text), f"wrong place (write it {place})")
        elif text.partition(":")[0] in known:
            self._add_problem(key, section, f"missing space after '{text.partition(':')[0]}:'")
        else:
            self._add_problem(key, section, f"unknown field{suggestion(text, known)}")

    def _section(self, top: Mapping[str, yaml.Node], name: str) -> dict[str, yaml.Node]:
        node = top.get(name)
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._add_problem(node, name, "expected a mapping")
            return {}
        return self._known_fields(node, name)

    def _check_constant(
        self, top: Mapping[str, yaml.Node], name: str, texts: tuple[str, ...], document: yaml.Node
    ) -> str | None:
        """Return the value of a field if it is one of the texts; otherwise report it."""
        node, expected = top.get(name), " or ".join(texts)
        if isinstance(node, yaml.ScalarNode) and node.value in texts:
            return str(node.value)
        problem = f"missing (expected {expected})" if node is None else f"expected {expected}"
        self._add_problem(node or document, name, problem)
        return None

    def _setting_values(self, spec: Mapping[str, yaml.Node]) -> dict[str, SettingValue]:
        values = {}
        for name, node in spec.items():
            if not isinstance(node, yaml.ScalarNode):
                hint = ": URLs separated by commas" if name == "etcdEndpoints" else ""
                self._add_problem(node, f"spec.{name}", f"expected a string{hint}")
            elif node.value and not _is_null(node):
                # The text as written: the password 0123 is not a number.
                values[name] = SettingValue(node.value, f"{_position(self.path, node.start_mark)}: spec.{name}")
        return values

    def _add_problem(self, node: yaml.Node, field: str, message: str) -> None:
        self.problems.append(": ".join(filter(None, (str(_position(self.path, node.start_mark)), field, message))))


def _position(path: str, mark: yaml.Mark) -> Position:
    return Position(path, mark.line + 1, mark.column + 1)


def _join(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
