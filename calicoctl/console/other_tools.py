"""Commands and options of other tools (kubectl, git, calicoctl 0.x, 1.6 and 3.x), and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calicoctl.suggestion import suggestion

_CALICO_3 = "use calicoctl 3.x on the same datastore"
_KUBECTL = "use kubectl"
_HISTORY = "write calicoctl history"
_ROLLBACK = "write calicoctl rollback --last, or calicoctl rollback REVISION"
_NO_NAMESPACES = "v1 resources have no namespaces"
_NO_QUESTIONS = "not needed, there is no question"
_IMMEDIATE = "not needed, resources are deleted immediately"

COMMANDS: Mapping[str, str] = {
    "add": "write calicoctl create -f FILE",
    "annotate": "write calicoctl patch KIND NAME -p PATCH",
    "api-resources": "write calicoctl explain",
    "auth": "use etcdctl for users and roles",
    "backup": "write calicoctl export",
    "bgp": "write calicoctl get bgpPeer",
    "check": "write calicoctl validate -f FILE, or calicoctl lint",
    "cluster": _CALICO_3,
    "cluster-info": "write calicoctl version",
    "container": "write calicoctl get workloadEndpoint",
    "datastore": "write calicoctl export or calicoctl import",
    "del": "write calicoctl delete",
    "describe": "write calicoctl get KIND NAME -o yaml",
    "drift": "write calicoctl diff -f DIRECTORY",
    "dump": "write calicoctl export",
    "endpoint": "write calicoctl get workloadEndpoint",
    "exec": _KUBECTL,
    "fmt": "write calicoctl convert -f FILE --to v1",
    "graph": "write calicoctl connectivity -o svg",
    "ipam": f"for addresses, {_CALICO_3}",
    "list": "write calicoctl get KIND",
    "log": _HISTORY,
    "logs": "read the log of the agent, such as with docker logs calico-node",
    "ls": "write calicoctl get KIND",
    "migrate": "write calicoctl export --from-etcd2 URL",
    "node": f"for the Calico node, {_CALICO_3} on its host; for its resource, write calicoctl get node",
    "path": "write calicoctl trace",
    "policy": "write calicoctl get policy",
    "pool": "write calicoctl get ipPool",
    "profile": "write calicoctl get profile",
    "remove": "write calicoctl delete",
    "restore": "write calicoctl import -f FILE",
    "revert": _ROLLBACK,
    "rm": "write calicoctl delete",
    "rollout": f"{_HISTORY}, or {_ROLLBACK.removeprefix('write ')}",
    "run": _KUBECTL,
    "save": "write calicoctl export",
    "scale": _KUBECTL,
    "show": "write calicoctl get KIND NAME -o yaml",
    "simulate": "write calicoctl trace",
    "status": "write calicoctl version, or calicoctl etcd status",
    "top": _KUBECTL,
    "undo": _ROLLBACK,
    "update": "write calicoctl apply -f FILE",
    "verify": "write calicoctl validate -f FILE",
    "watch": "write calicoctl get KIND --watch",
}
"""Command to its replacement."""

CONFIG_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("get", "set", "unset"), f"for settings of Felix and BGP, {_CALICO_3}"),
    **dict.fromkeys(("use-context", "set-context"), "use --context NAME or CALICO_CONTEXT, or edit the file"),
    "current-context": "get-contexts marks it",
}
"""Command of `config` to its replacement."""

KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("networkpolicy", "networkpolicies", "np", "netpol", "networkset", "networksets", "netset", "netsets"),
            *("globalnetworkset", "globalnetworksets", "tier", "tiers", "felixconfiguration", "felixconfigurations"),
            *("felixconfig", "bgpconfiguration", "bgpconfigurations", "bgpconfig", "bgpfilter", "bgpfilters"),
            *("clusterinformation", "clusterinformations", "clusterinfo", "ipreservation", "ipreservations"),
            *("ipamconfig", "ipamconfiguration", "kubecontrollersconfiguration", "stagedglobalnetworkpolicy"),
            *("stagednetworkpolicy", "stagedkubernetesnetworkpolicy", "caliconodestatus"),
        ),
        f"not in v1, {_CALICO_3}",
    ),
    **dict.fromkeys(
        (
            *("pod", "pods", "po", "service", "services", "svc", "deployment", "deployments", "deploy"),
            *("namespace", "namespaces", "ns", "configmap", "configmaps", "cm", "secret", "secrets"),
            *("daemonset", "daemonsets", "ds", "ingress", "serviceaccount", "serviceaccounts", "sa", "event", "events"),
        ),
        _KUBECTL,
    ),
    "endpoint": "write workloadEndpoint or hostEndpoint",
    "endpoints": "write workloadEndpoint or hostEndpoint",
    "rule": "rules are part of a profile or a policy",
    "rules": "rules are part of a profile or a policy",
}
"""Kind to its replacement, in lower case."""

OPTIONS: Mapping[str, str] = {
    "-A": _NO_NAMESPACES,
    "-k": "write kustomize build DIRECTORY | calicoctl apply -f -",
    "-n": _NO_NAMESPACES,
    "-q": "redirect stdout to /dev/null, errors are on stderr",
    "-v": "write --log-level debug",
    "-y": _NO_QUESTIONS,
    "--all-namespaces": _NO_NAMESPACES,
    "--allow-version-mismatch": "not needed, versions are not compared",
    "--cascade": _IMMEDIATE,
    "--debug": "write --log-level debug",
    "--export": "not needed, get prints no uid and no timestamps",
    "--field-manager": "not needed, fields that v1 does not have are kept",
    "--field-selector": "write names, --node, or -l SELECTOR",
    "--file": "write -f PATH",
    "--force": "only apply, convert, diff, edit, import, patch, plan, replace, rollback and set add have it",
    "--format": "write -o FORMAT",
    "--grace-period": _IMMEDIATE,
    "--kubeconfig": "write -c FILE for connection settings",
    "--kustomize": "write kustomize build DIRECTORY | calicoctl apply -f -",
    "--namespace": _NO_NAMESPACES,
    "--no-color": "write --color never",
    "--no-colour": "write --color never",
    "--now": _IMMEDIATE,
    "--path": "write -f PATH",
    "--quiet": "redirect stdout to /dev/null, errors are on stderr",
    "--record": "not needed, commands are recorded (calicoctl history)",
    "--recursive": "only commands with -f have it",
    "--server": "write --endpoints URL",
    "--server-side": "not needed, fields that v1 does not have are kept",
    "--silent": "redirect stdout to /dev/null, errors are on stderr",
    "--template": "write -o jsonpath=TEMPLATE",
    "--validate": "not needed, manifests are always validated",
    "--verbose": "write --log-level debug",
    "--wait": "not needed after a write; write calicoctl wait KIND NAME --for=present, or --for=absent after delete",
    "--watch-only": "write --watch",
    "--yes": _NO_QUESTIONS,
}
"""Option to its replacement, for commands that do not have the option."""


def command_hint(name: str, known: Sequence[str]) -> str:
    """Return what to use instead of an unknown command, in parentheses after a space."""
    if instead := COMMANDS.get(name):
        return f" ({instead})"
    return suggestion(name, known) or f" (commands are {', '.join(known)})"


def kind_hint(word: str) -> str:
    """Return what to use instead of a kind of another tool, in parentheses after a space; empty if it is unknown."""
    instead = KINDS.get(word.lower())
    return f" ({instead})" if instead else ""


def option_hint(name: str, known: Sequence[str]) -> str:
    """Return what to use instead of an unknown option, in parentheses after a space; empty if nothing is known."""
    if instead := OPTIONS.get(name):
        return f" ({instead})"
    return suggestion(name, known) if name.startswith("--") else ""
