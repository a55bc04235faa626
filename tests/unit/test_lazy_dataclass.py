"""Lazy dataclasses behave as those of the standard library, before and after their methods are compiled."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from calicoctl import lazy_dataclass

FIELDS = """
    '''Docstring.'''
    name: str
    secret: str = dataclasses.field(default="s", repr=False, compare=False)
    items: list[int] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.__dict__["checked"] = self.name.upper()

    @property
    def size(self) -> int:
        return len(self.items)
"""
OPTIONS = ["", "frozen=True", "frozen=True, order=True", "eq=False, repr=False", "frozen=True, eq=False"]


def make_class(decorator: object, options: str) -> Any:
    namespace = {"dataclasses": dataclasses, "dataclass": decorator, "__name__": __name__}
    exec(f"@dataclass({options})\nclass Sample:{FIELDS}", namespace)  # noqa: S102 - our own
    return namespace["Sample"]


def outcome(function: Any) -> tuple[str, object]:
    try:
        return "value", function()
    except (TypeError, AttributeError) as error:
        return type(error).__name__, ""


PROBES: list[Any] = [
    lambda c: outcome(lambda: vars(c("a", items=[1]))),
    lambda c: outcome(lambda: vars(c("a", "b", [2]))),
    lambda c: outcome(lambda: repr(c("a")).partition("(")[2] if "__repr__" in vars(c) else ""),
    lambda c: outcome(lambda: (c("a") == c("a", "other"), c("a") == c("b"), c("a") == "a", c("a") != c("a"))),
    lambda c: outcome(lambda: len({c("a", items=()), c("a", "x", ())})),
    lambda c: outcome(lambda: (c("a") < c("b"), c("a") >= c("b"), c("b", items=[1]) > c("b"))),
    lambda c: outcome(lambda: c("a") < 1),
    lambda c: outcome(lambda: setattr(c("a"), "name", "b")),
    lambda c: outcome(lambda: delattr(c("a"), "name")),
    lambda c: outcome(lambda: (dataclasses.replace(c("a"), name="b").name, dataclasses.asdict(c("a")))),
    lambda c: outcome(lambda: (c("a", items=[1]).size, c.__match_args__, [f.name for f in dataclasses.fields(c)])),
    lambda c: outcome(lambda: vars(copy.deepcopy(c("a")))),
    lambda c: outcome(lambda: c("a").items is c("a").items),
    outcome,
    lambda c: outcome(lambda: c("a", name="b")),
    lambda c: outcome(lambda: c("a", unknown=1)),
    lambda c: outcome(lambda: c("a", "b", [], 4)),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("instances", [0, 60])
def test_the_methods_are_those_of_the_standard_library(options: str, instances: int) -> None:
    for probe in PROBES:
        expected, lazy = make_class(dataclasses.dataclass, options), make_class(lazy_dataclass.dataclass, options)
        for _ in range(instances):
            lazy("a")
        assert probe(lazy) == probe(expected)


@lazy_dataclass.dataclass(frozen=True)
class Base:
    """A class with a subclass."""

    name: str


class Derived(Base):
    """Without fields of its own."""


@dataclasses.dataclass(frozen=True)
class Extended(Base):
    """An ordinary dataclass with one more field."""

    size: int = 0


@pytest.mark.parametrize("instances", [0, 60])
def test_subclasses_and_pickles(instances: int) -> None:
    for _ in range(instances):
        Base("a")
    assert Derived("a") != Base("a")
    assert Derived("a") == Derived("a")
    assert pickle.loads(pickle.dumps(Derived("a"))) == Derived("a")  # noqa: S301 - our own
    assert repr(Derived("a")) == "Derived(name='a')"
    assert Extended("a", 1) == dataclasses.replace(Extended("a"), size=1)
