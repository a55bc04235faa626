"""Connection settings from one document of a configuration file.

Messages contain the names of known fields only, and no value: a password or a key can be in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from calicoctl.config.known_fields import KUBERNETES_FIELDS, SECTIONS, section_of
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SettingsSource
from calicoctl.errors import Position
from calicoctl.suggestion import suggestion

_VERSIONS = {"v1": "calicoApiConfig", "projectcalico.org/v3": "CalicoAPIConfig"}
"""Version to kind of the file."""


class DocumentReader:
    """Reads one document and collects its problems."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self, document: yaml.MappingNode) -> SettingsSource:
        """Return the settings of a document, and the problems of its fields with their positions."""
        top = self._known_fields(document, "")
        version = self._check_constant(top, "apiVersion", tuple(_VERSIONS), document)
        kinds = tuple(_VERSIONS.values()) if version is None else (_VERSIONS[version],)
        self._check_constant(top, "kind", kinds, document)
        self._section(top, "metadata")
        spec = self._section(top, "spec")
        values = self._setting_values({name: node for name, node in spec.items() if name not in KUBERNETES_FIELDS})
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
                values[name] = SettingValue(node.value, f"{position(self.path, node.start_mark)}: spec.{name}")
        return values

    def _add_problem(self, node: yaml.Node, field: str, message: str) -> None:
        self.problems.append(": ".join(filter(None, (str(position(self.path, node.start_mark)), field, message))))


def position(path: str, mark: yaml.Mark) -> Position:
    """Return the position of a mark of the parser."""
    return Position(path, mark.line + 1, mark.column + 1)


def _join(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
