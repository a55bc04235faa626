"""wait: until resources exist or are deleted, and its message after a timeout."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd, RestartableEtcd
from tests.support.manifests import host_endpoint, manifest, policy
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import policy_key, profile_key, put_object
from tests.support.watch_process import running_command


def test_condition_is_already_met(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("web"))
    assert calicoctl("wait", "policy/web", "--for=present", "--timeout=0") == Result(
        0, "policy/web present\n1 present\n", ""
    )
    assert calicoctl("wait", "policy", "db", "mail", "--for=absent", "--timeout=0") == Result(
        0, "policy/db absent\npolicy/mail absent\n2 absent\n", ""
    )


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("create", True),
        ("delete", False),
        ("jsonpath={.spec.order}=10", True),
        ("jsonpath={.spec.order}='10'", True),
        ("jsonpath=.spec.order=10", True),
        ("jsonpath={.spec.order}", True),
        ("jsonpath={.spec.selector}=a == 'b'", True),
        ("jsonpath=.spec.ingress[?(@.action=='allow')].protocol=tcp", True),
        ("jsonpath={.spec.order}=11", False),
        ("jsonpath={.spec.nothing}", False),
        ("jsonpath={.spec.nothing}=", False),
        ("jsonpath={.spec.ingress[7].action}", False),
    ],
)
def test_conditions(store: Etcd, calicoctl: Calicoctl, condition: str, met: bool) -> None:
    rules = [{"action": "allow", "protocol": "tcp"}]
    text = manifest(policy("web", order=10, selector="a == 'b'", ingress=rules))
    assert calicoctl("apply", "-", input=text).exit_code == 0
    result = calicoctl("wait", "policy/web", "--for", condition, "--timeout=0")
    assert result.exit_code == (0 if met else 7)
    if met and condition != "create":
        assert result.stdout == "policy/web condition met\n1 condition met\n"


def test_a_field_changes(store: Etcd) -> None:
    put_object(store, policy_key("web"), {"order": 1})
    with running_command("wait", "policy/web", "--for=jsonpath={.spec.order}=2") as waiting:
        put_object(store, policy_key("web"), {"order": 2})
        assert waiting.wait_for_exit() == 0
        waiting.expect_lines("policy/web condition met", "1 condition met")


def test_a_timeout_reports_the_value_of_the_field(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("web"), {"order": 1})
    put_object(store, policy_key("db"))
    assert calicoctl("wait", "policy", "web", "db", "x", "--for=jsonpath=.spec.order=2", "--timeout=0") == Result(
        7,
        "",
        "policy/web spec.order is 1: timed out\n"
        "policy/db spec.order has no value: timed out\n"
        "policy/x still absent: timed out\n",
    )


def test_all_have_to_be_there(store: Etcd) -> None:
    with running_command("wait", "policy/web", "profile/db", "--for=present") as waiting:
        put_object(store, policy_key("web"))
        put_object(store, profile_key("db"))
        assert waiting.wait_for_exit() == 0
        waiting.expect_lines("policy/web present", "profile/db present", "2 present")


def test_all_must_be_absent(store: Etcd) -> None:
    put_object(store, policy_key("web"))
    put_object(store, policy_key("db"))
    with running_command("wait", "policy", "web", "db", "--for=absent", "--timeout=1m") as waiting:
        store.delete(policy_key("web"))
        store.delete(policy_key("db"))
        assert waiting.wait_for_exit() == 0
        waiting.expect_lines("policy/web absent", "policy/db absent", "2 absent")


def test_manifests_and_kinds_that_are_looked_for_by_content(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(manifest(policy("a"), host_endpoint("h1", "eth0")))
    with running_command("wait", "-f", str(tmp_path / "m.json"), "--for=present") as waiting:
        assert calicoctl("apply", "-f", str(tmp_path / "m.json")).exit_code == 0
        assert waiting.wait_for_exit() == 0
    assert calicoctl("wait", "hep", "eth0", "--node=h1", "--for=present", "--timeout=0").exit_code == 0


def test_timeout(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("web"))
    started = time.monotonic()
    assert calicoctl("wait", "policy", "web", "db", "--for=present", "--timeout=1500ms") == Result(
        7, "", "policy/db still absent: timed out\n"
    )
    assert time.monotonic() - started >= 1.5
    assert calicoctl("wait", "policy", "web", "db", "--for=absent", "--timeout=0s") == Result(
        7, "", "policy/web still present: timed out\n"
    )


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_unreadable_entry_is_neither_present_nor_absent(store: Etcd, calicoctl: Calicoctl, state: str) -> None:
    store.put(policy_key("web"), json.dumps([]))
    assert calicoctl("wait", "policy/web", f"--for={state}", "--timeout=0") == Result(
        7, "", f"policy/web unreadable: timed out ({policy_key('web')} is not a JSON object)\n"
    )


def test_etcd_may_be_away_meanwhile(restartable_etcd: RestartableEtcd) -> None:
    with running_command("wait", "policy/web", "--for=present", "--timeout=30") as waiting:
        restartable_etcd.stop()
        restartable_etcd.start()
        put_object(restartable_etcd.etcd, policy_key("web"))
        code = waiting.wait_for_exit()
    assert code == 0 or waiting.errors[0].startswith("can't reach the datastore")  # it may not have begun yet


def test_etcd_goes_away_and_stays_away(restartable_etcd: RestartableEtcd) -> None:
    # Where the wait has begun is seen by its second look, at what changes.
    put_object(restartable_etcd.etcd, profile_key("x"))
    with running_command("wait", "profile/x", "--for=absent", "--timeout=4s", "--log-level=info") as waiting:
        waiting.wait_until(lambda: bool(waiting.errors))
        time.sleep(0.5)
        restartable_etcd.stop()
        assert waiting.wait_for_exit() == 7
    assert waiting.errors[-3:] == [
        "profile/x still present: timed out",
        "can't reach the datastore (endpoints from: ETCD_ENDPOINTS)",
        f"  {restartable_etcd.etcd.endpoint}: connection refused",
    ]


def test_an_unreachable_datastore(calicoctl: Calicoctl, clean_environment: None) -> None:
    result = calicoctl("wait", "policy/x", "--for=absent", env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    assert (result.exit_code, result.stdout) == (4, "")


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy/x",), "missing --for (write present, absent or jsonpath=PATH[=VALUE])"),
        (
            ("policy/x", "--for=ready"),
            "(write present, absent, create, delete or jsonpath=PATH[=VALUE])",
        ),
        (("policy/x", "--for=jsonpath="), "invalid condition jsonpath= (write jsonpath={.FIELD}=VALUE)"),
        (("policy/x", "--for=jsonpath={.a"), "invalid condition jsonpath={.a (write jsonpath={.FIELD}=VALUE)"),
        (("policy/x", "--for=jsonpath={.a}b"), "invalid condition jsonpath={.a}b (write jsonpath={.FIELD}=VALUE)"),
        (("policy/x", "--for=jsonpath={.a[}"), "{.a[}: column 3: missing ]"),
        (("--for=present",), "missing resources to wait for (write KIND NAME, KIND/NAME, or -f PATH)\n"),
        (("policy", "--for=present"), "policy: incomplete name (wait also requires its name)\n"),
        (("hep", "eth0", "--for=absent"), "hostEndpoint/eth0: incomplete name (wait also requires --node)\n"),
        (("policy/x", "--for=absent", "--timeout=5x"), "invalid duration '5x' (write 30s, 2m, 1h30m, or a number of"),
        (("policy/x", "--for=absent", "--timeout=-1"), "invalid duration '-1'"),
        (("policy/x", "--for=absent", "--timeout="), "invalid duration ''"),
        (("policy/x", "--for=absent", "--timeout=nan"), "invalid duration 'nan'"),
    ],
)
def test_wrong_usage(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    result = calicoctl("wait", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert stderr in result.stderr
