"""Policy tests and the resources of the manifests that they test, or all problems of both."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import UNREADABLE
from calicoctl.kinds.policy import POLICY
from calicoctl.manifest import Document, SequenceNode
from calicoctl.manifest.policy_tests import is_policy_test
from calicoctl.operations.load.manifest_patterns import directory_manifests, is_pattern, matching_manifests
from calicoctl.operations.load.manifests import duplicate_problems, load_documents
from calicoctl.resource import LocatedResource
from calicoctl.schema.analysed_documents import validate_analysed
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.policy_test import BASELINE_FIELDS, PolicyTest, misspelled_kind_problem, read_policy_test
from calicoctl.schema.problems import problem_at
from calicoctl.schema.v3_objects import LocatedV3Object
from calicoctl.schema.validate import ValidationResult


@dataclass(frozen=True)
class LoadedTest:
    """Policy test and the resources that it tests."""

    test: PolicyTest
    resources: tuple[LocatedResource, ...]
    basis: str
    """Source of the resources as displayed."""
    baselines: Mapping[str, tuple[LocatedResource, ...]]
    """Resources of the baselines of cases, by the text of `permits` or `forbids`."""


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
        baselines = dict(self._load_baselines(test, problems))
        contents = [self._read_file(file) for file in dict.fromkeys(files)]
        problems += (problem for each in contents for problem in each.problems)
        pairs = [pair for each in contents for pair in each.resources]
        if self._need_manifests and not (patterns or pairs or problems):
            message = "no manifests to test (name them in manifests, or use --with-datastore)"
            problems.append(_test_problem(test, (), message))
        resources = _resources_of(test, pairs)
        problems += duplicate_problems(resources)
        basis = [f"the manifests in {directory_of(test) or '.'}"] if patterns is None and pairs else patterns or ()
        warnings = [warning for each in contents for warning in each.warnings]
        return _LoadResult(LoadedTest(test, resources, ", ".join(basis), baselines), problems, warnings)

    def _load_baselines(
        self, test: PolicyTest, problems: list[Problem]
    ) -> Iterator[tuple[str, tuple[LocatedResource, ...]]]:
        """Yield the resources of the baselines of a test by their text, and add the problems to a list."""
        for path, text in _baseline_fields(test):
            contents = [self._read_file(file) for file in _matching_files_of(test, path, text, problems)]
            problems += (problem for each in contents for problem in each.problems)
            resources = _resources_of(test, [pair for each in contents for pair in each.resources])
            problems += duplicate_problems(resources)
            yield text, resources

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

    Without patterns, these are the files in the directory of the test, except those of baselines.
    """
    problems: list[Problem] = []
    if patterns is None:
        baselines = {
            file for path, text in _baseline_fields(test) for file in matching_manifests(directory_of(test), text)
        }
        return [file for file in manifests_in_directory(test) if file not in baselines], problems
    texts = ((("manifests", index), text) for index, text in enumerate(patterns))
    return [file for path, text in texts for file in _matching_files_of(test, path, text, problems)], problems


def _matching_files_of(
    test: PolicyTest, path: tuple[str | int, ...], text: str, problems: list[Problem]
) -> Sequence[str]:
    """Return the files that a field of a test matches; without any, add a problem to a list."""
    directory = directory_of(test)
    matches = list(matching_manifests(directory, text))
    if not matches:
        reason = "no manifest matches" if is_pattern(text) else "no such file or directory"
        message = f"{text!r}: {reason} (relative to {directory or '.'})"
        problems.append(_test_problem(test, path, message))
    return matches


def _baseline_fields(test: PolicyTest) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the path and the text of each field of a case that names a baseline, without invalid values."""
    cases = test.spec.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else ()):
        for field in BASELINE_FIELDS:
            text = case.get(field) if isinstance(case, dict) else None
            if isinstance(text, str) and text:
                yield ("cases", index, field), text


def _resources_of(test: PolicyTest, pairs: Sequence[tuple[Document, LocatedResource]]) -> tuple[LocatedResource, ...]:
    both_types = test.spec.get("typesDefault") == "both"
    return tuple(_with_both_types(*pair) if both_types else pair[1] for pair in pairs)


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
    return [] if test.document.source.name == "-" else directory_manifests(directory_of(test))
