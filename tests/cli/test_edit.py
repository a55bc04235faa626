"""edit: with shell scripts as editors. Valid text is written, invalid text is kept and its path is printed."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd, program
from tests.support.manifests import host_endpoint, manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import policy_key, put_cluster_information, put_object, read_object

CANCELLED = Result(0, "edit cancelled, nothing changed\n", "")
WRITTEN = Result(0, "policy/web configured\n1 configured\n", "")
SAVED_MESSAGE = re.compile(r"^your changes are saved in (.*/edit\.yaml)$", re.MULTILINE)
ORDER_6 = 'sed -i "s/order: 5/order: 6/" "$1"'

Edit = Callable[..., Result]


@pytest.fixture
def edit_file_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory of the edited texts."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    text = manifest(policy("web", order=5), policy("db", order=5), profile("web", labels={"a": "b"}))
    assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    return store


def editor_command(folder: Path, script: str) -> str:
    """The command of an editor that runs a shell script, in which `$1` is the file."""
    path = folder.parent / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


@pytest.fixture
def edit(
    populated_store: Etcd, edit_file_dir: Path, calicoctl_process: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> Edit:
    """Edit with a script as editor."""
    monkeypatch.setenv("VISUAL", "")

    def run(script: str, *arguments: str, **environment: str) -> Result:
        variables = {"EDITOR": editor_command(edit_file_dir, script), **environment}
        return calicoctl_process("edit", *(arguments or ("policy", "web")), env=variables)

    return run


def saved_file(result: Result) -> Path:
    """Return the file with the saved text, from the last line."""
    found = SAVED_MESSAGE.findall(result.stderr)
    assert result.stderr.endswith(f"your changes are saved in {found[-1]}\n")
    path = Path(found[-1])
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def test_what_is_saved_is_written_in_one_transaction(edit: Edit, populated_store: Etcd, edit_file_dir: Path) -> None:
    before = populated_store.revision()
    assert edit(ORDER_6) == WRITTEN
    assert read_object(populated_store, policy_key("web"))["spec"]["order"] == 6
    assert populated_store.revision() == before + 1
    assert list(edit_file_dir.iterdir()) == []


def test_the_editor_sees_what_get_prints_with_its_revision(
    edit: Edit, calicoctl: Calicoctl, edit_file_dir: Path, tmp_path: Path
) -> None:
    printed = calicoctl("get", "policy", "web", "-o", "yaml", "--show-revision").stdout
    script = f'cp "$1" {tmp_path}/seen; stat -c %a "$1" > {tmp_path}/mode; echo "$1" > {tmp_path}/name'
    assert edit(script) == CANCELLED
    seen = (tmp_path / "seen").read_text()
    assert re.sub(r"^#.*\n", "", seen, flags=re.MULTILINE) == printed
    assert seen.startswith("# ")
    assert (tmp_path / "mode").read_text() == "600\n"
    assert (tmp_path / "name").read_text().endswith(".yaml\n")


@pytest.mark.parametrize("script", ["true", ': > "$1"', 'rm "$1"', 'echo "# nothing" > "$1"', 'sed -i 1d "$1"'])
def test_no_change_and_no_text_write_nothing(
    edit: Edit, populated_store: Etcd, edit_file_dir: Path, script: str
) -> None:
    before = populated_store.revision()
    assert edit(script) == CANCELLED
    assert populated_store.revision() == before
    assert list(edit_file_dir.iterdir()) == []


def test_equivalent_text_is_unchanged(edit: Edit, populated_store: Etcd) -> None:
    before = populated_store.revision()
    assert edit('sed -i "s/order: 5/order: 5.0/" "$1"') == Result(0, "policy/web unchanged\n1 unchanged\n", "")
    assert populated_store.revision() == before


def test_the_command_of_the_editor(edit: Edit, populated_store: Etcd, edit_file_dir: Path) -> None:
    arguments = {"EDITOR": "sed -i -e 's/order: 5/order: 7/'"}
    assert edit("false", **arguments) == WRITTEN
    assert read_object(populated_store, policy_key("web"))["spec"]["order"] == 7
    assert edit("true", VISUAL="sed -i 's/order: 7/order: 8/'") == WRITTEN
    assert edit("true", EDITOR="no-such-editor -x") == Result(
        2, "", "cannot run the editor 'no-such-editor': no such file or directory (set VISUAL or EDITOR)\n"
    )
    assert edit("true", EDITOR="vi '").exit_code == 2
    assert list(edit_file_dir.iterdir()) == []


def test_without_variables_it_is_vi(edit: Edit, edit_file_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor_command(edit_file_dir, ORDER_6)
    (edit_file_dir.parent / "my editor").rename(edit_file_dir.parent / "vi")
    monkeypatch.setenv("PATH", f"{edit_file_dir.parent}{os.pathsep}{os.environ['PATH']}")
    assert edit("false", EDITOR="") == WRITTEN


@pytest.mark.parametrize(
    ("ending", "code", "stderr"),
    [
        ("exit 3", 2, "failed with exit code 3 (nothing was written)\n"),
        ("kill -KILL $$", 130, "was terminated by SIGKILL (nothing was written)\n"),
        ("kill -TERM $PPID; exec sleep 5", 143, "terminated by SIGTERM\n"),
        ("kill -HUP $PPID; exec sleep 5", 129, "terminated by SIGHUP\n"),
        ("kill -INT $PPID; exec sleep 5", 130, "interrupted\n"),
    ],
)
def test_an_editor_that_fails_or_is_ended(
    edit: Edit, populated_store: Etcd, edit_file_dir: Path, ending: str, code: int, stderr: str
) -> None:
    before = populated_store.revision()
    unchanged = edit(ending)
    assert (unchanged.exit_code, unchanged.stdout) == (code, "")
    assert unchanged.stderr.endswith(stderr)
    assert list(edit_file_dir.iterdir()) == []
    changed = edit(f"{ORDER_6}; {ending}")
    assert (changed.exit_code, changed.stdout) == (code, "")
    assert stderr in changed.stderr
    assert "order: 6\n" in saved_file(changed).read_text()
    assert populated_store.revision() == before


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('sed -i "s/order: 5/order: x/" "$1"', ":9:12: policy/web: spec.order: expected a number, found the text 'x'"),
        ('sed -i "s/name: web/name: w/" "$1"', ":3:3: policy/w: was not opened, policy/web was: edit cannot rename"),
        ('sed -i "s/kind: policy/kind: profile/" "$1"', ":9:5: profile/web: spec.order: unknown field"),
        (
            """printf '%s\\n' '---' '{apiVersion: v1, kind: policy, metadata: {name: q}}' >> "$1\"""",
            "policy/q: was not",
        ),
        ('echo "[]" > "$1"', ": no resource in this manifest"),
        ('echo "x: [" > "$1"', ":2:1: "),
        ('printf "\\\\377" >> "$1"', " is not UTF-8"),
    ],
)
def test_invalid_text_is_kept_with_its_problems(
    edit: Edit, populated_store: Etcd, calicoctl: Calicoctl, script: str, message: str
) -> None:
    before = populated_store.revision()
    result = edit(script)
    assert (result.exit_code, result.stdout) == (3, "")
    assert saved_file(result).exists()
    assert message in result.stderr
    assert populated_store.revision() == before


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('rm "$1"; mkdir "$1"', ": is a directory (nothing was written)"),
        ('rm "$1"; mkfifo "$1"', ": not a regular file (nothing was written)"),
        ('ln -sf /dev/zero "$1"', ": not a regular file (nothing was written)"),
        ('rm "$1"; ln -s "$1" "$1"', ": too many levels of symbolic links (nothing was written)"),
        ('truncate -s 200M "$1"', ": larger than 16 MiB (nothing was written)"),
    ],
)
def test_what_is_not_a_text_any_more(edit: Edit, populated_store: Etcd, script: str, message: str) -> None:
    before = populated_store.revision()
    result = edit(script)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr.splitlines()[0]
    assert "edit.yaml" in result.stderr.splitlines()[-1]
    assert populated_store.revision() == before


def test_the_target_of_a_symbolic_link_is_read_and_not_changed(edit: Edit, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    move = f'cp "$1" {target}; chmod 644 {target}; ln -sf {target} "$1"'
    assert edit(f"{ORDER_6}; {move}") == WRITTEN
    before = target.read_text()
    assert "order: 6" in before
    result = edit(f'sed -i "s/order: 6/order: x/" "$1"; {move}')
    assert result.exit_code == 3
    assert (target.stat().st_mode & 0o777, "order: x" in target.read_text()) == (0o644, True)


def test_the_kept_text_can_be_corrected_and_applied(edit: Edit, populated_store: Etcd, calicoctl: Calicoctl) -> None:
    path = saved_file(edit('sed -i "s/order: 5/order: x/" "$1"'))
    path.write_text(path.read_text().replace("order: x", "order: 9"))
    assert calicoctl("replace", "-f", str(path)).stdout == "policy/web replaced\n1 replaced\n"
    assert read_object(populated_store, policy_key("web"))["spec"]["order"] == 9


def test_a_concurrent_change(edit: Edit, populated_store: Etcd, tmp_path: Path) -> None:
    put_object(populated_store, policy_key("web"), {"order": 5, "types": ["Ingress"]})
    theirs = read_object(populated_store, policy_key("web"))
    theirs["spec"].update(order=50, selector="a == 'b'")
    (tmp_path / "theirs").write_text(json.dumps(theirs))
    put_theirs = (
        f'"{program("etcdctl")}" --endpoints={populated_store.endpoint} put {policy_key("web")} < {tmp_path}/theirs'
    )
    result = edit(f"{ORDER_6}; {put_theirs} > {tmp_path}/put")
    assert (result.exit_code, result.stdout) == (5, "")
    path = saved_file(result)
    assert re.match(
        rf"{re.escape(str(path))}:3:3: policy/web: another client has changed it: opened at revision \d+, "
        r"now at revision \d+ \(changed: spec\.order, spec\.selector\)\n",
        result.stderr,
    )
    assert "order: 6\n" in path.read_text()
    assert read_object(populated_store, policy_key("web"))["spec"]["order"] == 50


def test_deleted_meanwhile(edit: Edit, populated_store: Etcd, tmp_path: Path) -> None:
    delete = (
        f'"{program("etcdctl")}" --endpoints={populated_store.endpoint} del {policy_key("web")} > {tmp_path}/deleted'
    )
    # Without a revision in the text, the write has a guard anyway.
    result = edit(f'{ORDER_6}; sed -i /resourceVersion/d "$1"; {delete}')
    assert (result.exit_code, result.stdout) == (5, "")
    assert "policy/web: no longer exists" in result.stderr
    assert saved_file(result)
    assert populated_store.get(policy_key("web")) is None


def test_a_datastore_unreachable_on_save(edit: Edit, populated_store: Etcd, tmp_path: Path) -> None:
    """The settings are read again before the write; the editor changes them to an unreachable endpoint."""
    path = tmp_path / "c.cfg"
    path.write_text(f"apiVersion: v1\nkind: calicoApiConfig\nspec: {{etcdEndpoints: '{populated_store.endpoint}'}}\n")
    script = f"{ORDER_6}; sed -i 's#http://[^ ]*[0-9]#http://127.0.0.1:1#' {path}"
    result = edit(script, "policy", "web", "-c", str(path), "--timeout", "2")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "can't reach the datastore" in result.stderr
    assert "order: 6\n" in saved_file(result).read_text()


def test_several_are_edited_in_one_text_and_one_transaction(edit: Edit, populated_store: Etcd) -> None:
    before = populated_store.revision()
    done = edit(ORDER_6, "policy", "web", "db")
    assert done.stdout == "policy/web configured\npolicy/db configured\n2 configured\n"
    assert populated_store.revision() == before + 1
    missing = edit('sed -i "13,\\$d; s/order: 6/order: 7/" "$1"', "policy", "web", "db")
    assert missing.exit_code == 3
    assert "policy/db: is missing (calicoctl delete deletes a resource)\n" in missing.stderr


def test_removed_labels_are_deleted(edit: Edit, populated_store: Etcd, calicoctl: Calicoctl) -> None:
    endpoint = host_endpoint("n1", "eth0", {"example.org/zone": "edge"}, profiles=["web"])
    calicoctl("apply", "-f", "-", input=manifest(endpoint))
    done = edit("""sed -i '/labels:/,/zone/d' "$1\"""", "hep", "eth0", "--node", "n1")
    assert done == Result(0, "hostEndpoint/n1/eth0 configured\n1 configured\n", "")
    assert "labels" not in calicoctl("get", "hep", "-o", "yaml").stdout


def test_v3_only_fields_are_reported_and_kept_or_require_force(
    edit: Edit, populated_store: Etcd, tmp_path: Path
) -> None:
    rule = {"action": "Allow", "source": {}, "destination": {}, "http": {"methods": ["GET"]}}
    put_object(populated_store, policy_key("web"), {"order": 5, "ingress": [rule], "types": ["Ingress"]})
    assert edit(f'cp "$1" {tmp_path}/seen; {ORDER_6}') == WRITTEN
    assert (
        "# policy/web: ingress[0] also matches by http, which v1 cannot represent\n" in (tmp_path / "seen").read_text()
    )
    assert read_object(populated_store, policy_key("web"))["spec"]["ingress"] == [rule]
    deny = 'sed -i "s/action: allow/action: deny/" "$1"'
    refused = edit(deny)
    assert (refused.exit_code, refused.stdout) == (8, "")
    assert "(--force drops it)\n" in refused.stderr
    assert saved_file(refused)
    assert edit(deny, "policy", "web", "--force").exit_code == 0


def test_nothing_is_opened_that_could_not_be_saved(edit: Edit, populated_store: Etcd, edit_file_dir: Path) -> None:
    missing = edit(ORDER_6, "policy", "none")
    assert missing == Result(5, "", "policy/none: does not exist (use apply or create to create it)\n")
    assert edit(ORDER_6, "policy").exit_code == 2
    put_cluster_information(populated_store, datastoreReady=False)
    locked = edit(ORDER_6)
    assert (locked.exit_code, locked.stdout) == (8, "")
    assert "the datastore is locked" in locked.stderr
    assert "kept" not in locked.stderr
    assert list(edit_file_dir.iterdir()) == []


@pytest.fixture
def edit_at_terminal(populated_store: Etcd, edit_file_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Edit with a terminal as stdin; the editor is a script a time, and what it sees is in `seen.1`, `seen.2` ..."""
    ours, theirs = pty.openpty()

    def run(*scripts: str) -> Result:
        count = f'echo >> {tmp_path}/count; n=$(wc -l < {tmp_path}/count); cp "$1" {tmp_path}/seen.$n; case $n in\n'
        cases = "".join(f"{number}) {script} ;;\n" for number, script in enumerate(scripts, start=1))
        command = editor_command(edit_file_dir, f"{count}{cases}*) kill -KILL $PPID ;;\nesac")
        environment: dict[str, Any] = {**os.environ, "VISUAL": command}
        done = subprocess.run(
            [sys.executable, "-m", "calicoctl", "edit", "policy", "web"],
            stdin=theirs,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    yield run
    os.close(ours)
    os.close(theirs)


INVALIDATE = """sed -i 's/order: 5/order: x/; s/selector: .*/selector: "a = b"/' "$1\""""


def test_the_editor_opens_again_on_a_terminal_after_an_error(
    edit_at_terminal: Callable[..., Result], populated_store: Etcd, edit_file_dir: Path, tmp_path: Path
) -> None:
    fix_one, fix_other = ORDER_6.replace("order: 5", "order: x"), """sed -i "s/a = b/a == 'b'/" "$1\""""
    assert edit_at_terminal(INVALIDATE, fix_one, fix_other) == WRITTEN
    assert read_object(populated_store, policy_key("web"))["spec"]["order"] == 6
    for name, wrong in (("seen.2", ("order: x", "a = b")), ("seen.3", ("a = b",))):
        lines = (tmp_path / name).read_text().splitlines()
        told = [re.match(r"#   (\d+):(\d+): policy/web: spec\.", line) for line in lines]
        places = [(int(found[1]), int(found[2])) for found in told if found]
        assert len(places) == len(wrong)
        for (line, column), text in zip(places, wrong, strict=True):
            assert text in lines[line - 1]
            assert lines[line - 1][column - 1] in "x="
    assert list(edit_file_dir.iterdir()) == []


def test_at_a_terminal_no_further_change_gives_up(
    edit_at_terminal: Callable[..., Result], populated_store: Etcd, tmp_path: Path
) -> None:
    before = populated_store.revision()
    result = edit_at_terminal(INVALIDATE, "true")
    assert (result.exit_code, result.stdout) == (3, "")
    path = saved_file(result)
    lines = path.read_text().splitlines()
    (place,) = re.findall(rf"^{re.escape(str(path))}:(\d+):12: policy/web: spec\.order: ", result.stderr, re.MULTILINE)
    assert lines[int(place) - 1].strip() == "order: x"
    assert populated_store.revision() == before


def test_at_a_terminal_a_text_can_be_emptied_to_give_up(
    edit_at_terminal: Callable[..., Result], edit_file_dir: Path
) -> None:
    assert edit_at_terminal(INVALIDATE, ': > "$1"') == CANCELLED
    assert list(edit_file_dir.iterdir()) == []


def test_at_a_terminal_ctrl_c_is_the_editors_own_business(
    edit_at_terminal: Callable[..., Result], populated_store: Etcd
) -> None:
    assert edit_at_terminal(f"kill -{signal.SIGINT.name[3:]} $PPID; {ORDER_6}") == WRITTEN
