"""Policy tests and the resources of the manifests that they test, or all problems of both."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import UNREADABLE
from calicoctl.kinds.policy import POLICY
from calicoctl.manifest import Document, SequenceNode
from calicoctl.manifest.policy_tests import is_policy_test
from calicoctl.manifest.sources import MANIFEST_SUFFIXES
from calicoctl.operations.load.manifests import duplicate_problems, load_documents
from calicoctl.resource import LocatedResource
from calicoctl.schema.analysed_documents import validate_analysed
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.policy_test import PolicyTest, misspelled_kind_problem, read_policy_test
from calicoctl.schema.problems import problem_at
from calicoctl.schema.v3_objects import LocatedV3Object
from calicoctl.schema.validate import ValidationResult

_PATTERN_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True)
class LoadedTest:
    """Policy test and the resources that it tests."""

    test: PolicyTest
    resources: tuple[LocatedResource, ...]
    basis: str
    """Source of the resources as displayed."""


class _LoadResult(NamedTuple):
    """Policy test, and the problems and warnings of its manifests."""

    loaded: LoadedTest
    problems: list[Problem]
    warnings: list[Problem]


class _FileContents(NamedTuple):
    """Resources of a file with their documents, and the problems and warnings of the file."""

    resources: list[tuple[Document, LocatedResource]]
    problems: list[Problem]
    warnings: list[Problem]


def read_tests(
    paths: Sequence[str], *, recursive: bool, need_manifests: bool = True
) -> tuple[tuple[LoadedTest, ...], tuple[Problem, ...]]:
    """Read tests and their manifests. Return the tests and warnings.

    Args:
        paths: files, directories (whose resources are skipped), or `-`.
        recursive: whether to read subdirectories.
        need_manifests: whether a test without manifests is a problem.

    Raises:
        InvalidManifest: a test or a manifest is not valid; contains all problems.
    """
    manifest = load_documents(paths, recursive=recursive)
    result = ValidationResult()
    # A file can also be in a directory of `paths`.
    documents = {document.position(document.node): document for document in manifest.documents}.values()
    tests = [read_policy_test(document, result) for document in documents if is_policy_test(document)]
    misspelled = filter(None, map(misspelled_kind_problem, documents))
    problems = [*manifest.problems, *result.problems, *misspelled]
    if not (tests or problems):
        message = "no policyTest found (write kind: policyTest)"
        problems = [Problem(Position(path), message=message, code=UNREADABLE) for path in paths]
    loader = _TestLoader(documents, need_manifests=need_manifests)
    results = [loader.load(test) for test in tests]
    problems += (problem for each in results for problem in each.problems)
    if problems:
        raise InvalidManifest(set(problems))
    warnings = [*result.warnings, *(warning for each in results for warning in each.warnings)]
    return tuple(each.loaded for each in results), tuple(dict.fromkeys(warnings))


class _TestLoader:
    """Loader of the manifests of tests. Each file is read once.

    Args:
        documents: the documents of the files that contain the tests.
        need_manifests: whether a test without manifests is a problem.
    """

    def __init__(self, documents: Iterable[Document], *, need_manifests: bool) -> None:
        self._documents: dict[str, list[Document]] = {}
        for document in documents:
            self._documents.setdefault(document.source.name, []).append(document)
        self._need_manifests = need_manifests
        self._contents_by_file: dict[str, _FileContents] = {}

    def load(self, test: PolicyTest) -> _LoadResult:
        """Load the resources of a test."""
        patterns = _manifest_patterns(test)
        files, problems = _matching_files(test, patterns)
        contents = [self._read_file(file) for file in dict.fromkeys(files)]
        problems += (problem for each in contents for problem in each.problems)
        pairs = [pair for each in contents for pair in each.resources]
        if self._need_manifests and not (patterns or pairs or problems):
            message = "no manifests to test (name them in manifests, or use --with-datastore)"
            problems.append(_test_problem(test, (), message))
        both_types = test.spec.get("typesDefault") == "both"
        resources = tuple(_with_both_types(*pair) if both_types else pair[1] for pair in pairs)
        problems += duplicate_problems(resources)
        basis = [f"the manifests in {directory_of(test) or '.'}"] if patterns is None and pairs else patterns or ()
        warnings = [warning for each in contents for warning in each.warnings]
        return _LoadResult(LoadedTest(test, resources, ", ".join(basis)), problems, warnings)

    def _read_file(self, file: str) -> _FileContents:
        if file not in self._contents_by_file:
            self._contents_by_file[file] = self._load_file(file)
        return self._contents_by_file[file]

    def _load_file(self, file: str) -> _FileContents:
        documents = self._documents.get(file)
        problems: list[Problem] = []
        if documents is None:
            manifest = load_documents([file], recursive=False)
            documents, problems = manifest.documents, manifest.problems
        validated = [
            (document, validate_analysed([document], with_positions=True))
            for document in documents
            if not is_policy_test(document)
        ]
        return _FileContents(
            [(document, item) for document, result in validated for item in result.resources],
            [*problems, *(problem for _, result in validated for problem in result.problems)],
            [warning for _, result in validated for warning in result.warnings],
        )


def _matching_files(test: PolicyTest, patterns: Sequence[str] | None) -> tuple[list[str], list[Problem]]:
    """Return the files of a test, and a problem for each pattern without a match.

    Without patterns, these are the files in the directory of the test.
    """
    if patterns is None:
        return manifests_in_directory(test), []
    directory = directory_of(test)
    files: list[str] = []
    problems: list[Problem] = []
    for index, text in enumerate(patterns):
        matches = list(matching_manifests(directory, text))
        if not matches:
            reason = "no manifest matches" if is_pattern(text) else "no such file or directory"
            message = f"{text!r}: {reason} (relative to {directory or '.'})"
            problems.append(_test_problem(test, ("manifests", index), message))
        files += matches
    return files, problems


def _test_problem(test: PolicyTest, path: tuple[str | int, ...], message: str) -> Problem:
    return problem_at(test.document, SchemaError(("spec", *path), message))


def _manifest_patterns(test: PolicyTest) -> list[str] | None:
    """Return the valid entries of `spec.manifests`, or None if there is no such list."""
    named = test.spec.get("manifests")
    return [text for text in named if isinstance(text, str) and text] if isinstance(named, list) else None


def _with_both_types(document: Document, item: LocatedResource) -> LocatedResource:
    """Add both types to a policy without types, as in calicoctl 1.5 and earlier."""
    types = document.find_node(("spec", "types"))
    has_types = isinstance(types, SequenceNode) and types.items
    if item.identifier.kind != POLICY.name or isinstance(item, LocatedV3Object) or has_types:
        return item
    assert item.resource  # noqa: S101 - validation returns complete resources
    spec = {**item.resource.spec, "types": ["ingress", "egress"]}
    return replace(item, resource=replace(item.resource, spec=spec))


def directory_of(test: PolicyTest) -> str:
    """Return the directory of a test as in its path; empty for the current directory."""
    return os.path.dirname(test.document.source.name)  # noqa: PTH120 - Path would return a dot


def manifests_in_directory(test: PolicyTest) -> list[str]:
    """Return the manifests in the directory of a test; none for stdin."""
    return [] if test.document.source.name == "-" else _directory_manifests(directory_of(test))


def is_pattern(text: str) -> bool:
    """Whether a text is a glob pattern."""
    return bool(_PATTERN_CHARACTERS & set(text))


def matching_manifests(directory: str, text: str) -> Iterator[str]:
    """Yield the manifests of a pattern, a file or a directory, sorted by name."""
    path = os.path.join(directory, os.path.expanduser(text))  # noqa: PTH111, PTH118 - keep the path as written
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
    """Return the files that `-f DIRECTORY` would read."""
    entries = sorted(Path(directory or ".").iterdir())
    return [_simplify_path(str(entry)) for entry in entries if entry.suffix in MANIFEST_SUFFIXES and not entry.is_dir()]


def _simplify_path(path: str) -> str:
    """Normalize a path such as `tests/../x`, unless a symbolic link makes that another file."""
    short = os.path.normpath(path)
    try:
        return short if os.path.samefile(path, short) else path  # noqa: PTH121
    except OSError:
        return path
