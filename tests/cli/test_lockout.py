"""Guard against lockout: refused and allowed writes, and their messages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import profile_key

Resource = dict[str, Any]

ANY: Resource = {"action": "allow"}
SSH: Resource = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
WEB: Resource = {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}}
DENY: Resource = {"action": "deny"}
HOST = "hostEndpoint/n/eth0"
LOST_ACCESS = f"{HOST} could no longer be reached on tcp/22"


def host(name: str = "eth0", address: str = "10.1.0.1", node: str = "n", **spec: Any) -> Resource:
    """A host endpoint for the interface of this name: of several for one interface, the agent uses the first."""
    return host_endpoint(node, name, {"host": name}, **{"interfaceName": name, "expectedIPs": [address], **spec})


def ssh_from(*nets: str) -> Resource:
    return {**SSH, "source": {"nets": list(nets)}}


OPEN = profile("open", labels={"zone": "edge"}, ingress=[SSH], egress=[ANY])
REACHABLE_HOST = (OPEN, host(profiles=["open"]))
"""Host that is reachable from any address on tcp/22, by its profile."""
ALLOW_SSH = policy("let-in", order=5, selector="host == 'eth0'", ingress=[SSH])
LATER_DENY = policy("behind", order=9, selector="host == 'eth0'", ingress=[DENY])


@pytest.fixture
def apply_resources(store: Etcd, calicoctl: Calicoctl) -> Any:
    """Write the initial resources."""

    def write(*resources: Resource) -> None:
        result = calicoctl("apply", "--allow-lockout", "-f", "-", input=manifest(*resources))
        assert result.exit_code == 0, result.stderr

    return write


@pytest.fixture
def apply(calicoctl: Calicoctl) -> Any:
    def run(*resources: Resource, options: Sequence[str] = ()) -> Result:
        return calicoctl("apply", *options, "-f", "-", input=manifest(*resources))

    return run


@pytest.mark.parametrize(
    ("there", "arguments", "written", "says"),
    [
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("shut", selector="zone == 'edge'", ingress=[DENY])],
            "ingress[0]",
        ),
        (
            REACHABLE_HOST,
            ("create", "-f", "-"),
            [policy("shut", selector="has(host)", ingress=[WEB])],
            "policies that apply to",
        ),
        (REACHABLE_HOST, ("apply", "-f", "-"), [policy("shut", selector="")], "policies that apply to"),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [profile("open", ingress=[ssh_from("127.0.0.0/8", "224.0.0.1/32")])],
            "a profile",
        ),
        (REACHABLE_HOST, ("replace", "-f", "-"), [profile("open", ingress=[DENY, SSH])], "ingress[0]"),
        (REACHABLE_HOST, ("apply", "-f", "-"), [host(profiles=["gone"])], "the profile does not exist"),
        (REACHABLE_HOST, ("apply", "-f", "-"), [host()], "the endpoint has no profile"),
        (REACHABLE_HOST, ("delete", "profile", "open"), [], "the profile does not exist"),
        (REACHABLE_HOST, ("patch", "profile", "open", "-p", "{spec: {ingress: null}}"), [], "no rule of a profile"),
        ([ALLOW_SSH, host()], ("delete", "policy", "let-in"), [], "the endpoint has no profile"),
        ([ALLOW_SSH, LATER_DENY, host()], ("delete", "policy", "let-in"), [], "policy/behind: spec.ingress[0]"),
        (
            [ALLOW_SSH, LATER_DENY, host()],
            ("patch", "policy", "behind", "-p", "{spec: {order: 1}}"),
            [],
            "policy/behind",
        ),
        (
            [ALLOW_SSH, LATER_DENY, host()],
            ("patch", "policy", "let-in", "-p", "{spec: {order: null}}"),
            [],
            "policy/behind",
        ),
        ([ALLOW_SSH, host()], ("label", "hostEndpoint", "eth0", "-n", "n", "host=x", "--overwrite"), [], "no profile"),
        (
            [*REACHABLE_HOST, policy("guests", selector="guest == 'yes'", ingress=[WEB])],
            ("label", "hostEndpoint", "--all", "guest=yes"),
            [],
            "policies that apply to",
        ),
        (
            [*REACHABLE_HOST, policy("guests", selector="guest == 'yes'", ingress=[WEB])],
            ("label", "profile", "open", "guest=yes"),
            [],
            "policies that apply to",
        ),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("raw", selector="has(host)", doNotTrack=True, ingress=[DENY])],
            "policy/raw",
        ),
        (  # doNotTrack comes before preDNAT
            [*REACHABLE_HOST, policy("nat", selector="has(host)", preDNAT=True, ingress=[SSH])],
            ("apply", "-f", "-"),
            [policy("raw", selector="has(host)", doNotTrack=True, ingress=[DENY])],
            "policy/raw",
        ),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("nat", selector="has(host)", preDNAT=True, ingress=[DENY])],
            "nat",
        ),
    ],
)
def test_a_lockout_is_refused(
    store: Etcd,
    apply_resources: Any,
    calicoctl: Calicoctl,
    there: Sequence[Resource],
    arguments: tuple[str, ...],
    written: Sequence[Resource],
    says: str,
) -> None:
    apply_resources(*there)
    before = store.revision()
    result = calicoctl(*arguments, input=manifest(*written))
    assert (result.exit_code, result.stdout) == (8, "")
    first, *details = result.stderr.splitlines()
    assert LOST_ACCESS in first.replace(f"{HOST}: could", f"{HOST} could")
    assert says in first
    assert first.endswith("(--allow-lockout writes it anyway)")
    assert details[0].startswith("  example: tcp 22 (source port 49152) from outside (")
    assert any(line.startswith("  before: allowed by ") for line in details)
    assert "failsafe" in details[-1]
    assert store.revision() == before

    allowed = calicoctl(*arguments, "--allow-lockout", input=manifest(*written))
    assert allowed.exit_code == 0
    assert "warning: " in allowed.stderr
    assert "--allow-lockout" not in allowed.stderr
    assert store.revision() > before


@pytest.mark.parametrize(
    ("there", "arguments", "written"),
    [
        (REACHABLE_HOST, ("apply", "-f", "-"), [profile("open", ingress=[ssh_from("198.51.100.0/24")])]),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("ssh", selector="has(host)", ingress=[DENY, SSH], types=["egress"])],
        ),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("on", selector="has(host)", ingress=[{"action": "pass"}, DENY])],
        ),
        (REACHABLE_HOST, ("apply", "-f", "-"), [policy("web", selector="host == 'eth1'", ingress=[DENY])]),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [policy("one", selector="", ingress=[{**DENY, "protocol": "udp"}, SSH])],
        ),
        (REACHABLE_HOST, ("apply", "-f", "-"), [policy("raw", selector="has(host)", doNotTrack=True, ingress=[WEB])]),
        (
            REACHABLE_HOST,
            ("apply", "-f", "-"),
            [
                policy("shut", selector="", ingress=[DENY]),
                ALLOW_SSH | {"spec": {"order": -1, "selector": "", "ingress": [SSH]}},
            ],
        ),
        (REACHABLE_HOST, ("delete", "hostEndpoint", "eth0", "-n", "n"), []),
        ([ALLOW_SSH, LATER_DENY, host()], ("delete", "policy", "behind"), []),
        ([LATER_DENY, host()], ("apply", "-f", "-"), [policy("shut", selector="", order=1, ingress=[DENY])]),
        ([LATER_DENY, host()], ("delete", "policy", "behind"), []),
        ([profile("open"), host(profiles=["open"])], ("delete", "profile", "open"), []),
    ],
)
def test_a_change_that_keeps_access_is_written(
    apply_resources: Any,
    calicoctl: Calicoctl,
    there: Sequence[Resource],
    arguments: tuple[str, ...],
    written: Sequence[Resource],
) -> None:
    apply_resources(*there)
    result = calicoctl(*arguments, input=manifest(*written))
    assert result.exit_code == 0, result.stderr
    assert "tcp/22" not in result.stderr


def test_the_denying_rule_has_a_position(apply_resources: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    apply_resources(*REACHABLE_HOST)
    path = tmp_path / "shut.yaml"
    path.write_text(
        "apiVersion: v1\nkind: policy\nmetadata: {name: shut}\nspec:\n  selector: has(host)\n  ingress:\n"
        "  - action: allow\n    protocol: udp\n  - action: deny\n",
        encoding="utf-8",
    )
    result = calicoctl("apply", "-f", str(path))
    assert result.stderr.splitlines() == [
        f"{path}:9:5: policy/shut: spec.ingress[1]: {LOST_ACCESS} (--allow-lockout writes it anyway)",
        f"  example: tcp 22 (source port 49152) from outside (198.51.100.1) to {HOST} (10.1.0.1)",
        f"  before: allowed by profile/open ingress[0] ({profile_key('open')})",
        f"  after: denied by policy/shut ingress[1] ({path}:9); tried: policy/shut",
        "  checked without failsafe ports; the default ones of Felix keep it (--failsafe agent assumes them)",
    ]


def test_dry_run_plan_and_json_refuse_as_well(
    store: Etcd, apply_resources: Any, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    apply_resources(*REACHABLE_HOST)
    before = store.revision()
    shut = manifest(policy("shut", selector="has(host)", ingress=[DENY]))
    assert calicoctl("apply", "--dry-run", "-f", "-", input=shut).exit_code == 8
    result = calicoctl("apply", "-o", "json", "-f", "-", input=shut)
    (record,) = map(json.loads, result.stderr.splitlines())
    assert (record["exitCode"], record["kind"], record["line"], record["path"]) == (8, "policy", 2, "spec.ingress[0]")
    assert LOST_ACCESS in record["error"]
    assert any(detail.startswith("before: ") for detail in record["details"])

    kept = str(tmp_path / "kept.plan")
    assert calicoctl("plan", "--save", kept, "-f", "-", input=shut).exit_code == 8
    planned = calicoctl("plan", "--allow-lockout", "--save", kept, "-f", "-", input=shut)
    assert (planned.exit_code, LOST_ACCESS in planned.stderr) == (0, True)
    refused = calicoctl("apply", "--plan", kept)
    assert (refused.exit_code, LOST_ACCESS in refused.stderr, store.revision()) == (8, True, before)
    assert calicoctl("apply", "--plan", kept, "--allow-lockout").exit_code == 0


def test_a_plan_is_checked_for_lockout_when_applied(apply_resources: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    apply_resources(ALLOW_SSH, OPEN, host(profiles=["open"]))
    kept = str(tmp_path / "kept.plan")
    only = manifest(policy("one", selector="host == 'eth0'", order=9, ingress=[WEB]))
    assert calicoctl("plan", "--save", kept, "-f", "-", input=only).exit_code == 0
    assert calicoctl("delete", "policy", "let-in").exit_code == 0
    assert calicoctl("apply", "--plan", kept).exit_code == 8


def test_pruning_is_checked_for_lockout(apply_resources: Any, calicoctl: Calicoctl) -> None:
    apply_resources(host())
    both = manifest(policy("other", selector="x == 'y'"), ALLOW_SSH)
    assert calicoctl("apply", "--set", "s", "-f", "-", input=both).exit_code == 0
    one = manifest(policy("other", selector="x == 'y'"))
    result = calicoctl("apply", "--set", "s", "--prune", "-f", "-", input=one)
    assert (result.exit_code, "allowed by policy/let-in ingress[0]" in result.stderr) == (8, True)


def test_edited_text_is_kept(apply_resources: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    apply_resources(*REACHABLE_HOST)
    environment = {"EDITOR": "sed -i s/allow/deny/", "TMPDIR": str(tmp_path)}
    result = calicoctl("edit", "profile", "open", env=environment)
    assert result.exit_code == 8
    assert "profile/open: spec.ingress[0]: " in result.stderr
    assert "your changes are saved in " in result.stderr


def test_a_host_may_be_reached_by_way_of_another(apply_resources: Any, apply: Any) -> None:
    """Through a bastion that is reached itself, and not through one that is not, nor through a workload."""
    bastion = policy("bastion", order=1, selector="host == 'eth1'", ingress=[SSH], egress=[ANY])
    inner = policy("inner", order=1, selector="host == 'eth0'", ingress=[SSH])
    apply_resources(bastion, inner, host(), host("eth1", "10.1.0.2", "m"))
    by_bastion = {**SSH, "source": {"selector": "host == 'eth1'"}}
    assert apply(policy("inner", order=1, selector="host == 'eth0'", ingress=[by_bastion])).exit_code == 0

    shut = apply(policy("bastion", order=1, selector="host == 'eth1'", ingress=[WEB], egress=[ANY]))
    assert shut.exit_code == 8
    assert "hostEndpoint/m/eth1 could no longer be reached on tcp/22" in shut.stderr
    assert f"{HOST}: could no longer be reached on tcp/22: the only access was from hostEndpoint/m/eth1" in shut.stderr

    silent = apply(policy("bastion", order=1, selector="host == 'eth1'", ingress=[SSH], egress=[DENY]))
    assert silent.exit_code == 8
    assert "policy/bastion: spec.egress[0]: hostEndpoint/n/eth0 could no longer" in silent.stderr


def test_selectors_of_rules_do_not_mean_an_interface_of_unknown_address(apply_resources: Any, apply: Any) -> None:
    bastion = host_endpoint("m", "eth1", {"host": "eth1"}, profiles=["open"])
    apply_resources(*REACHABLE_HOST, bastion)
    result = apply(policy("one", selector="host == 'eth0'", ingress=[{**SSH, "source": {"selector": "has(host)"}}]))
    assert (result.exit_code, LOST_ACCESS in result.stderr) == (8, True)


@pytest.mark.parametrize("source", [{"selector": "role == 'jump'"}, {"nets": ["10.65.0.9/32"]}])
def test_a_workload_is_no_way_in(apply_resources: Any, apply: Any, source: Resource) -> None:
    jump = workload_endpoint("n", "libnetwork", "libnetwork", "w", {"role": "jump"}, ipNetworks=["10.65.0.9"])
    apply_resources(*REACHABLE_HOST, jump)
    result = apply(policy("jump", selector="has(host)", ingress=[{**SSH, "source": source}]))
    assert (result.exit_code, LOST_ACCESS in result.stderr) == (8, True)


def test_clients_do_not_send_from_low_ports(apply_resources: Any, apply: Any) -> None:
    """Source ports instead of destination ports allow no traffic."""
    apply_resources(*REACHABLE_HOST)
    result = apply(profile("open", ingress=[{"action": "allow", "protocol": "tcp", "source": {"ports": [22]}}]))
    assert result.exit_code == 8


def test_an_interface_without_addresses_and_one_with_ipv6_only(apply_resources: Any, apply: Any) -> None:
    hosts = [
        host_endpoint("n", "eth0", {"host": "a"}, profiles=["open"]),
        host_endpoint("n", "eth1", {"host": "b"}, interfaceName="eth1", expectedIPs=["2001:db8::5"], profiles=["open"]),
    ]
    neighbor_discovery = [{**ANY, "protocol": "icmpv6", "icmp": {"type": kind}} for kind in (135, 136)]
    apply_resources(profile("open", ingress=[SSH, *neighbor_discovery], egress=[ANY]), *hosts)
    for version in (4, 6):
        ingress = [{**SSH, "ipVersion": version}, *neighbor_discovery]
        result = apply(policy("shut", selector="has(host)", ingress=ingress))
        lost = [name for name in ("eth0", "eth1") if f"hostEndpoint/n/{name}" in result.stderr]
        assert (result.exit_code, lost) == ((8, ["eth1"]) if version == 4 else (0, []))


def test_ipv6_needs_neighbor_discovery(apply_resources: Any, apply: Any) -> None:
    """Without it, no IPv6 packet passes the interface; the agent has no failsafe for it."""
    opened = profile("open", ingress=[ANY], egress=[ANY])
    apply_resources(opened, host(address="2001:db8::5", profiles=["open"]))
    result = apply(policy("ssh", selector="has(host)", ingress=[SSH]))
    assert result.exit_code == 8
    assert "example: icmpv6" not in result.stderr
    assert "with the default ones of Felix, it is lost as well" in result.stderr
    assert "could no longer be reached on tcp/22" in result.stderr
    assert apply(policy("ssh", selector="has(host)", ingress=[SSH]), options=["--failsafe", "agent"]).exit_code == 8


def test_replies_of_untracked_connections_count(apply_resources: Any, apply: Any) -> None:
    apply_resources(*REACHABLE_HOST)
    untracked = policy("fast", selector="has(host)", doNotTrack=True, ingress=[SSH])
    result = apply(untracked)
    assert (result.exit_code, "the agent drops the reply" in result.stderr) == (8, True)
    answer = {**ANY, "protocol": "tcp", "source": {"ports": [22]}}
    assert apply(policy("fast", selector="has(host)", doNotTrack=True, ingress=[SSH], egress=[answer])).exit_code == 0


def test_stated_failsafe_ports_keep_access(apply_resources: Any, apply: Any) -> None:
    apply_resources(*REACHABLE_HOST)
    shut = policy("shut", selector="has(host)", ingress=[DENY])
    for ports, code in (("none", 8), ("tcp:2222", 8), ("tcp:22,udp:53", 0), ("agent", 0), ("ssh", 2)):
        result = apply(shut, options=["--dry-run", "--failsafe", ports])
        assert result.exit_code == code, result.stderr
    assert "checked with the failsafe ports tcp:2222" in apply(shut, options=["--failsafe", "tcp:2222"]).stderr


def test_etcd_may_be_a_workload(store: Etcd, apply_resources: Any, calicoctl: Calicoctl) -> None:
    """Its policy, and that of the host endpoints of its node, decide as well."""
    etcd_workload = workload_endpoint(
        "m", "libnetwork", "libnetwork", "etcd", {"role": "etcd"}, ipNetworks=["10.65.0.9"], profiles=["all"]
    )
    all_allowed = profile("all", ingress=[ANY], egress=[ANY])
    uplink = host("up", "10.2.0.1", "m", profiles=["all"])
    apply_resources(all_allowed, host(profiles=["all"]), uplink, etcd_workload)
    deny = {**DENY, "protocol": "tcp", "destination": {"ports": [2379]}}
    environment = etcd_at(store, "http://10.65.0.9:2379")
    closed = policy("closed", selector="host == 'up'", preDNAT=True, ingress=[deny])
    result = calicoctl("apply", "-f", "-", input=manifest(closed), env=environment)
    assert (result.exit_code, f"{HOST} could no longer reach etcd" in result.stderr) == (8, True), result.stderr


@pytest.mark.parametrize(
    ("resources", "code", "says"),
    [
        ([host()], 0, "no rule yet for tcp/22 to it"),
        ([host(profiles=["lazy"])], 0, "no rule yet"),
        ([profile("p", egress=[ANY]), host(profiles=["p"])], 0, "no rule yet"),
        ([policy("p"), host()], 0, "no rule yet"),
        ([OPEN, host(profiles=["open"])], 0, ""),
        ([ALLOW_SSH, host()], 0, ""),
        ([policy("p", ingress=[DENY]), host()], 8, f"{HOST} could not be reached on tcp/22"),
        ([policy("p", ingress=[WEB]), host()], 8, f"{HOST} could not be reached on tcp/22"),
        ([profile("p", ingress=[WEB]), host(profiles=["p"])], 8, "could not be reached on tcp/22"),
    ],
)
def test_a_new_host_endpoint(
    store: Etcd, apply: Any, calicoctl: Calicoctl, resources: Sequence[Resource], code: int, says: str
) -> None:
    result = apply(*resources)
    assert result.exit_code == code
    assert says in result.stderr
    assert bool(result.stderr) == bool(says)
    if code == 0:
        assert apply(*resources).stderr == ""  # no write, so no lockout check
    # The policy first, the endpoint later.
    calicoctl("delete", "-f", "-", "--skip-not-exists", input=manifest(*resources))
    *others, endpoint = resources
    if others:
        assert apply(*others).exit_code == 0
    assert apply(endpoint).exit_code == code


def test_lockouts_with_one_cause_are_reported_together(apply_resources: Any, apply: Any) -> None:
    apply_resources(OPEN, *(host(f"eth{number}", f"10.1.0.{number}", profiles=["open"]) for number in range(1, 9)))
    result = apply(profile("open", ingress=[DENY]))
    first, *details = result.stderr.splitlines()
    assert "hostEndpoint/n/eth1 and 7 more could no longer be reached on tcp/22" in first
    named = ", ".join(f"hostEndpoint/n/eth{number}" for number in range(2, 7))
    assert f"  also affected: {named} and 2 more" in details


def test_a_large_batch_is_checked_before_the_first_write(store: Etcd, apply_resources: Any, apply: Any) -> None:
    apply_resources(*REACHABLE_HOST)
    before = store.revision()
    many = [policy(f"p{number}", selector=f"x == '{number}'", ingress=[WEB]) for number in range(300)]
    result = apply(*many, policy("shut", selector="has(host)", ingress=[DENY]))
    assert (result.exit_code, store.revision(), "-:302:" in result.stderr) == (8, before, True)
    assert apply(*many).exit_code == 0


def etcd_at(store: Etcd, *more: str) -> dict[str, str]:
    """Settings with additional unreachable endpoints."""
    return {"ETCD_ENDPOINTS": ",".join((store.endpoint, *more))}


EGRESS_CASES = policy("out", selector="has(host)", ingress=[SSH], egress=[{**ANY, "protocol": "tcp"}])


@pytest.mark.parametrize(
    ("place", "egress", "code"),
    [
        ("192.0.2.9:2379", [DENY], 8),
        ("192.0.2.9:2379", [{**WEB, "destination": {"ports": [2380]}}], 8),
        ("192.0.2.9:2379", [{**WEB, "destination": {"ports": [2379]}}], 0),
        ("192.0.2.9:2379", [{**ANY, "destination": {"nets": ["192.0.2.8/29"]}}], 0),
        ("192.0.2.9:2379", [{**ANY, "destination": {"notNets": ["192.0.2.8/29"]}}], 8),
        ("[2001:db8::9]:2379", [DENY], 0),  # a host without IPv6 never reached that
        ("10.1.0.1:2379", [DENY], 0),  # on the very host
        ("10.1.0.7:2379", [DENY], 0),  # on another interface of it
        ("localhost:1", [DENY], 0),
    ],
)
def test_etcd_has_to_stay_in_reach(
    store: Etcd, apply_resources: Any, calicoctl: Calicoctl, place: str, egress: Sequence[Resource], code: int
) -> None:
    apply_resources(EGRESS_CASES, host(), host("eth7", "10.1.0.7"))
    environment = etcd_at(store, f"http://{place}")
    shut = manifest(
        policy("out", selector="host == 'eth0'", ingress=[SSH], egress=egress),
        ALLOW_SSH,
        policy("seven", selector="host == 'eth7'", ingress=[SSH], egress=[ANY]),
    )
    result = calicoctl("apply", "-f", "-", input=shut, env=environment)
    assert result.exit_code == code, result.stderr
    if code:
        assert f"{HOST} could no longer reach etcd at http://{place}" in result.stderr
        assert f"from {HOST} (10.1.0.1) to outside ({place.rpartition(':')[0]})" in result.stderr


def test_etcd_on_a_host_with_policy_has_to_let_in_as_well(
    store: Etcd, apply_resources: Any, calicoctl: Calicoctl
) -> None:
    apply_resources(
        policy("all", selector="has(host)", ingress=[ANY], egress=[ANY]), host(), host("eth1", "10.1.0.2", "m")
    )
    environment = etcd_at(store, "http://10.1.0.2:2379")
    shut = manifest(policy("m", order=1, selector="host == 'eth1'", ingress=[SSH, DENY]))
    result = calicoctl("apply", "-f", "-", input=shut, env=environment)
    assert result.exit_code == 8
    assert f"policy/m: spec.ingress[1]: {HOST} could no longer reach etcd at http://10.1.0.2:2379" in result.stderr


def test_an_unresolvable_name_is_a_warning(store: Etcd, apply_resources: Any, calicoctl: Calicoctl) -> None:
    apply_resources(EGRESS_CASES, host())
    environment = etcd_at(store, "http://no-such-host.invalid:2379")
    shut = manifest(policy("out", selector="has(host)", ingress=[SSH], egress=[DENY]))
    result = calicoctl("apply", "-f", "-", input=shut, env=environment)
    assert result.exit_code == 0
    assert "warning: http://no-such-host.invalid:2379: the name cannot be resolved" in result.stderr


def test_without_host_endpoints_nothing_is_analysed(store: Etcd, clean_environment: None) -> None:
    code = (
        "import sys\n"
        "from calicoctl.cli import main\n"
        "try:\n    main(['apply', '-f', '-'])\n"
        "finally:\n    print('calicoctl.analysis' in sys.modules)"
    )
    for text, analysed in ((manifest(OPEN, ALLOW_SSH), "False"), (manifest(host()), "True")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"ETCD_ENDPOINTS": store.endpoint},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == analysed
