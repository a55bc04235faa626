"""Paths to policy tests, each with the resources of the manifests that it is about; or all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import UNREADABLE
from calicoctl.kinds.policy import POLICY
from calicoctl.manifest import Document
from calicoctl.manifest import Sequence as Items
from calicoctl.manifest.policytests import is_policy_test
from calicoctl.operations.intake import load_manifests, named_twice
from calicoctl.operations.testmanifests import beside, directory_of, is_pattern, matching
from calicoctl.resource import Located
from calicoctl.schema import Validated, validate
from calicoctl.schema.explain import Explained
from calicoctl.schema.placing import problem_in
from calicoctl.schema.policytest import PolicyTest, misspelling, read_policy_test


@dataclass(frozen=True)
class Loaded:
    """A policy test, and the resources that it is about."""

    test: PolicyTest
    located: tuple[Located, ...]
    basis: str
    """Where these are from, in words."""


def read_tests(
    paths: Sequence[str], *, recursive: bool, need_manifests: bool = True
) -> tuple[tuple[Loaded, ...], tuple[Problem, ...]]:
    """Read tests and the manifests that they name; and what to warn of.

    Args:
        paths: files, directories, of which resources are passed over, or `-`.
        recursive: whether to read the directories within a directory as well.
        need_manifests: whether a test without any manifest is a problem.

    Raises:
        InvalidManifest: with every problem of every test, and of every manifest.
    """
    manifest = load_manifests(paths, recursive=recursive)
    result = Validated()
    # A file that is named, and the directory that it lies in as well, is one.
    documents = {document.position(document.node): document for document in manifest.documents}.values()
    reading = _Reading(documents, result, need_manifests=need_manifests)
    tests = [read_policy_test(document, result) for document in documents if is_policy_test(document)]
    result.problems += (misspelt for document in documents if (misspelt := misspelling(document)))
    loaded = tuple(map(reading.loaded, tests))
    if not (tests or manifest.problems or result.problems):
        message = "there is no policyTest (write kind: policyTest)"
        result.problems += [Problem(Position(path), message=message, code=UNREADABLE) for path in paths]
    if problems := {*manifest.problems, *result.problems}:
        raise InvalidManifest(problems)
    return loaded, tuple(dict.fromkeys(result.warnings))


class _Reading:
    """Reads the manifests of tests, each file once; what is wrong with them is added to the result.

    Args:
        documents: what has been read on the way to the tests.
        result: where problems go.
        need_manifests: whether a test without any manifest is a problem.
    """

    def __init__(self, documents: Iterable[Document], result: Validated, *, need_manifests: bool) -> None:
        self._documents: dict[str, list[Document]] = {}
        for document in documents:
            self._documents.setdefault(document.source.name, []).append(document)
        self._result = result
        self._need_manifests = need_manifests
        self._known: dict[str, list[tuple[Document, Located]]] = {}

    def loaded(self, test: PolicyTest) -> Loaded:
        """A test with its resources."""
        named = _manifests(test)
        files = beside(test) if named is None else list(self._named(test, named))
        problems = len(self._result.problems)
        found = [pair for file in dict.fromkeys(files) for pair in self._read(file)]
        if self._need_manifests and not (named or found) and problems == len(self._result.problems):
            self._refuse(test, (), "there are no manifests to test (name them in manifests, or use --with-datastore)")
        both = test.spec.get("typesDefault") == "both"
        located = tuple(_of_both_types(*pair) if both else pair[1] for pair in found)
        self._result.problems += named_twice(located)
        words = [f"the manifests in {directory_of(test) or '.'}"] if named is None and found else named or ()
        return Loaded(test, located, ", ".join(words))

    def _named(self, test: PolicyTest, named: Sequence[str]) -> Iterator[str]:
        """The files that a test names; that a pattern means none is a problem."""
        directory = directory_of(test)
        for index, text in enumerate(named):
            found = list(matching(directory, text))
            if not found:
                what = "no manifest matches" if is_pattern(text) else "there is no such file or directory"
                self._refuse(test, ("manifests", index), f"{text!r}: {what} (it is looked for in {directory or '.'})")
            yield from found

    def _refuse(self, test: PolicyTest, path: tuple[str | int, ...], message: str) -> None:
        self._result.problems.append(problem_in(test.document, Explained(("spec", *path), message)))

    def _read(self, file: str) -> list[tuple[Document, Located]]:
        """The resources of a file, with the documents that they are from."""
        if file not in self._known:
            documents = self._documents.get(file) or self._load(file)
            resources = (document for document in documents if not is_policy_test(document))
            self._known[file] = [pair for document in resources for pair in self._validated(document)]
        return self._known[file]

    def _load(self, file: str) -> list[Document]:
        manifest = load_manifests([file], recursive=False)
        self._result.problems += manifest.problems
        return manifest.documents

    def _validated(self, document: Document) -> Iterator[tuple[Document, Located]]:
        found = validate([document], with_places=True)
        self._result.problems += found.problems
        self._result.warnings += found.warnings
        yield from ((document, located) for located in found.located)


def _manifests(test: PolicyTest) -> list[str] | None:
    """What a test names, as far as it can be looked for."""
    named = test.spec.get("manifests")
    return [text for text in named if isinstance(text, str) and text] if isinstance(named, list) else None


def _of_both_types(document: Document, located: Located) -> Located:
    """A policy that names no types governs both directions, as calicoctl up to 1.5 meant it."""
    types = document.find(("spec", "types"))
    if located.identifier.kind != POLICY.name or (isinstance(types, Items) and types.items):
        return located
    assert located.resource  # noqa: S101 - validation makes whole resources
    spec = {**located.resource.spec, "types": ["ingress", "egress"]}
    return replace(located, resource=replace(located.resource, spec=spec))
