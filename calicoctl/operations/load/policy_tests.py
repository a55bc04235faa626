"""Paths to policy tests, each with the resources of the manifests that it is about; or all that is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import UNREADABLE
from calicoctl.kinds.policy import POLICY
from calicoctl.manifest import Document
from calicoctl.manifest import SequenceNode as Items
from calicoctl.manifest.policy_tests import is_policy_test
from calicoctl.manifest.sources import MANIFEST_SUFFIXES
from calicoctl.operations.load.manifests import duplicate_problems, load_documents
from calicoctl.resource import LocatedResource
from calicoctl.schema import ValidationResult, validate
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.policy_test import PolicyTest, misspelled_kind_problem, read_policy_test
from calicoctl.schema.problems import problem_at


@dataclass(frozen=True)
class LoadedTest:
    """A policy test, and the resources that it is about."""

    test: PolicyTest
    resources: tuple[LocatedResource, ...]
    basis: str
    """Where these are from, in words."""


def read_tests(
    paths: Sequence[str], *, recursive: bool, need_manifests: bool = True
) -> tuple[tuple[LoadedTest, ...], tuple[Problem, ...]]:
    """Read tests and the manifests that they name; and what to warn of.

    Args:
        paths: files, directories, of which resources are passed over, or `-`.
        recursive: whether to read the directories within a directory as well.
        need_manifests: whether a test without any manifest is a problem.

    Raises:
        InvalidManifest: with every problem of every test, and of every manifest.
    """
    manifest = load_documents(paths, recursive=recursive)
    result = ValidationResult()
    # A file that is named, and the directory that it lies in as well, is one.
    documents = {document.position(document.node): document for document in manifest.documents}.values()
    loader = _TestLoader(documents, result, need_manifests=need_manifests)
    tests = [read_policy_test(document, result) for document in documents if is_policy_test(document)]
    result.problems += (misspelt for document in documents if (misspelt := misspelled_kind_problem(document)))
    loaded = tuple(map(loader.load, tests))
    if not (tests or manifest.problems or result.problems):
        message = "there is no policyTest (write kind: policyTest)"
        result.problems += [Problem(Position(path), message=message, code=UNREADABLE) for path in paths]
    if problems := {*manifest.problems, *result.problems}:
        raise InvalidManifest(problems)
    return loaded, tuple(dict.fromkeys(result.warnings))


class _TestLoader:
    """Reads the manifests of tests, each file once; what is wrong with them is added to the result.

    Args:
        documents: what has been read on the way to the tests.
        result: where problems go.
        need_manifests: whether a test without any manifest is a problem.
    """

    def __init__(self, documents: Iterable[Document], result: ValidationResult, *, need_manifests: bool) -> None:
        self._documents: dict[str, list[Document]] = {}
        for document in documents:
            self._documents.setdefault(document.source.name, []).append(document)
        self._result = result
        self._need_manifests = need_manifests
        self._resources_by_file: dict[str, list[tuple[Document, LocatedResource]]] = {}

    def load(self, test: PolicyTest) -> LoadedTest:
        """A test with its resources."""
        named = _manifest_patterns(test)
        files = manifests_in_directory(test) if named is None else list(self._named_files(test, named))
        problems = len(self._result.problems)
        pairs = [pair for file in dict.fromkeys(files) for pair in self._read_file(file)]
        if self._need_manifests and not (named or pairs) and problems == len(self._result.problems):
            self._add_problem(
                test, (), "there are no manifests to test (name them in manifests, or use --with-datastore)"
            )
        both_types = test.spec.get("typesDefault") == "both"
        resources = tuple(_with_both_types(*pair) if both_types else pair[1] for pair in pairs)
        self._result.problems += duplicate_problems(resources)
        basis = [f"the manifests in {directory_of(test) or '.'}"] if named is None and pairs else named or ()
        return LoadedTest(test, resources, ", ".join(basis))

    def _named_files(self, test: PolicyTest, named: Sequence[str]) -> Iterator[str]:
        """The files that a test names; that a pattern means none is a problem."""
        directory = directory_of(test)
        for index, text in enumerate(named):
            matches = list(matching_manifests(directory, text))
            if not matches:
                what = "no manifest matches" if is_pattern(text) else "there is no such file or directory"
                self._add_problem(
                    test, ("manifests", index), f"{text!r}: {what} (it is looked for in {directory or '.'})"
                )
            yield from matches

    def _add_problem(self, test: PolicyTest, path: tuple[str | int, ...], message: str) -> None:
        self._result.problems.append(problem_at(test.document, SchemaError(("spec", *path), message)))

    def _read_file(self, file: str) -> list[tuple[Document, LocatedResource]]:
        """The resources of a file, with the documents that they are from."""
        if file not in self._resources_by_file:
            documents = self._documents.get(file) or self._load_file(file)
            resources = (document for document in documents if not is_policy_test(document))
            self._resources_by_file[file] = [pair for document in resources for pair in self._validate(document)]
        return self._resources_by_file[file]

    def _load_file(self, file: str) -> list[Document]:
        manifest = load_documents([file], recursive=False)
        self._result.problems += manifest.problems
        return manifest.documents

    def _validate(self, document: Document) -> Iterator[tuple[Document, LocatedResource]]:
        result = validate([document], with_positions=True)
        self._result.problems += result.problems
        self._result.warnings += result.warnings
        yield from ((document, item) for item in result.resources)


def _manifest_patterns(test: PolicyTest) -> list[str] | None:
    """What a test names, as far as it can be looked for."""
    named = test.spec.get("manifests")
    return [text for text in named if isinstance(text, str) and text] if isinstance(named, list) else None


def _with_both_types(document: Document, item: LocatedResource) -> LocatedResource:
    """A policy that names no types governs both directions, as calicoctl up to 1.5 meant it."""
    types = document.find_node(("spec", "types"))
    if item.identifier.kind != POLICY.name or (isinstance(types, Items) and types.items):
        return item
    assert item.resource  # noqa: S101 - validation makes whole resources
    spec = {**item.resource.spec, "types": ["ingress", "egress"]}
    return replace(item, resource=replace(item.resource, spec=spec))


_PATTERN_CHARACTERS = frozenset("*?[")


def directory_of(test: PolicyTest) -> str:
    """The directory of a test, as its path was given; empty for the current one."""
    return os.path.dirname(test.document.source.name)  # noqa: PTH120 - a Path would make a dot of nothing


def manifests_in_directory(test: PolicyTest) -> list[str]:
    """The manifests in the directory of a test; standard input lies nowhere."""
    return [] if test.document.source.name == "-" else _directory_manifests(directory_of(test))


def is_pattern(text: str) -> bool:
    """Whether a text means the files that match it, rather than one."""
    return bool(_PATTERN_CHARACTERS & set(text))


def matching_manifests(directory: str, text: str) -> Iterator[str]:
    """The manifests that a pattern, a file or a directory means, in the order of their names."""
    path = os.path.join(directory, os.path.expanduser(text))  # noqa: PTH111, PTH118 - kept as it is written
    if is_pattern(text):
        import glob

        paths = sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        yield from (
            _simplify_path(each) for each in paths if each.endswith(MANIFEST_SUFFIXES) and not Path(each).is_dir()
        )
    elif Path(path).is_dir():
        yield from _directory_manifests(path)
    elif Path(path).exists():
        yield _simplify_path(path)


def _directory_manifests(directory: str) -> list[str]:
    """What `-f DIRECTORY` would read."""
    entries = sorted(Path(directory or ".").iterdir())
    return [_simplify_path(str(entry)) for entry in entries if entry.suffix in MANIFEST_SUFFIXES and not entry.is_dir()]


def _simplify_path(path: str) -> str:
    """The path without detours such as `tests/../`, unless a link makes that another file."""
    short = os.path.normpath(path)
    try:
        return short if os.path.samefile(path, short) else path  # noqa: PTH121
    except OSError:
        return path
