"""Connection settings from a file: YAML or JSON of kind calicoApiConfig, or CalicoAPIConfig of Calico 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SETTINGS, SettingsSource
from calicoctl.errors import UsageError
from calicoctl.suggestion import suggestion

_VERSIONS = {"v1": "calicoApiConfig", "projectcalico.org/v3": "CalicoAPIConfig"}
"""Version to kind of the file."""

# Fields of calicoctl 1.6.5 and Calico 3 for the Kubernetes datastore; ignored.
_KUBERNETES_FIELDS = (
    "kubeconfig",
    "kubeconfigInline",
    "k8sClientQPS",
    "k8sClientBurst",
    "k8sCurrentContext",
    "k8sAPIEndpoint",
    "k8sKeyFile",
    "k8sCertFile",
    "k8sCAFile",
    "k8sAPIToken",
    "k8sInsecureSkipTLSVerify",
    "k8sDisableNodePoll",
)
_METADATA_FIELDS = ("name", "labels", "annotations", "creationTimestamp")
_TOP_LEVEL_FIELDS = ("apiVersion", "kind", "metadata", "spec")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: str) -> SettingsSource:
    """Read a configuration file. Problems of its fields are in the result, with their lines.

    Raises:
        UsageError: the file is unreadable, has a syntax error, or is not a mapping.
    """
    try:
        data = Path(path).read_bytes()
        document = yaml.compose(data, Loader=_LOADER)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except yaml.YAMLError as error:
        raise UsageError(_syntax_error_message(path, data, error)) from error
    if not isinstance(document, yaml.MappingNode):
        raise UsageError(f"{path}: expected a mapping of kind calicoApiConfig")
    return _ConfigReader(path).read(document)


def _syntax_error_message(path: str, data: bytes, error: yaml.YAMLError) -> str:
    # Without the parts of the error that quote the file: these can contain the password.
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        indentation = re.match(rb"\s*", [*data.splitlines(), b""][mark.line])
        is_tab = indentation is not None and b"\t" in indentation[0]
        problem = "tab in the indentation (use spaces)" if is_tab else error.problem or error.context
        return f"{path}:{mark.line + 1}: {problem}"
    return f"{path}: {getattr(error, 'reason', 'not YAML')}"


class _ConfigReader:
    """Reads one document and collects its problems."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self, document: yaml.MappingNode) -> SettingsSource:
        top = self._known_fields(document, "", _TOP_LEVEL_FIELDS)
        version = self._check_constant(top, "apiVersion", tuple(_VERSIONS), document)
        self._check_constant(
            top, "kind", tuple(_VERSIONS.values()) if version is None else (_VERSIONS[version],), document
        )
        self._section(top, "metadata", _METADATA_FIELDS)
        spec = self._section(top, "spec", (*(setting.field for setting in SETTINGS), *_KUBERNETES_FIELDS))
        values = self._setting_values({name: node for name, node in spec.items() if name not in _KUBERNETES_FIELDS})
        is_complete = bool({"etcdEndpoints", "etcdAuthority", "etcdDiscoverySrv"} & values.keys())
        has_type = values.get("datastoreType", SettingValue("etcdv3", "")).text == "etcdv3"
        if not self.problems and not is_complete and has_type:
            # As in calicoctl 1.6.5, a configuration file is the only source of settings.
            self.problems.append(f"{self.path}: spec.etcdEndpoints: missing (expected http://HOST:PORT)")
        return SettingsSource(values, self.path, tuple(self.problems))

    def _known_fields(self, node: yaml.MappingNode, parent: str, known: Iterable[str]) -> dict[str, yaml.Node]:
        """Return the known fields of a mapping; report unknown and duplicate fields."""
        known = tuple(known)
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                self._add_problem(key, f"{parent}{name}", f"unknown field{suggestion(name, known)}")
            elif name in fields:
                first = fields[name].start_mark.line + 1
                self._add_problem(key, f"{parent}{name}", f"duplicate field (first in line {first})")
            else:
                fields[name] = value
        return fields

    def _section(self, top: Mapping[str, yaml.Node], name: str, known: Iterable[str]) -> dict[str, yaml.Node]:
        node = top.get(name)
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._add_problem(node, name, "expected a mapping")
            return {}
        return self._known_fields(node, f"{name}.", known)

    def _check_constant(
        self, top: Mapping[str, yaml.Node], name: str, texts: tuple[str, ...], document: yaml.Node
    ) -> str | None:
        """Return the value of a field if it is one of the texts; otherwise report it."""
        node, expected = top.get(name), " or ".join(texts)
        if node is None:
            self._add_problem(document, name, f"missing (expected {expected})")
        elif isinstance(node, yaml.ScalarNode) and node.value in texts:
            return str(node.value)
        else:
            written = f"'{node.value}'" if isinstance(node, yaml.ScalarNode) else "not a string"
            self._add_problem(node, name, f"{written} (expected {expected})")
        return None

    def _setting_values(self, spec: Mapping[str, yaml.Node]) -> dict[str, SettingValue]:
        values = {}
        for name, node in spec.items():
            if not isinstance(node, yaml.ScalarNode):
                hint = ": URLs separated by commas" if name == "etcdEndpoints" else ""
                self._add_problem(node, f"spec.{name}", f"expected a string{hint}")
            elif node.value and not _is_null(node):
                # The text as written: the password 0123 is not a number.
                values[name] = SettingValue(node.value, f"{self.path}:{node.start_mark.line + 1}: spec.{name}")
        return values

    def _add_problem(self, node: yaml.Node, field: str, message: str) -> None:
        self.problems.append(f"{self.path}:{node.start_mark.line + 1}: {field}: {message}")


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
