"""Dataclasses whose methods are compiled for classes with many instances only: a tenth of `apply` of one file.

The standard library compiles five to ten methods of each dataclass from text. The modules of a command define thirty,
of which most have one instance or none.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_MANY = 50
"""Number of instances from which compiled methods save more time than their compilation takes."""

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Make a dataclass as `dataclasses.dataclass`, with the options `eq`, `frozen`, `order` and `repr`."""
        return _make(cls, options) if cls else lambda decorated: _make(decorated, options)


def _make(cls: type, options: dict[str, bool]) -> type:
    dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    # The standard library compares it with that of a dataclass that inherits from this one.
    cls.__dataclass_params__.frozen = options.get("frozen", False)  # type: ignore[attr-defined]
    own = set(vars(cls))
    methods: dict[str, Any] = {"__init__": _make_init(cls, options, own)}
    if options.get("repr", True):
        methods["__repr__"] = _repr
    if options.get("eq", True):
        methods |= {"__eq__": _eq, "__hash__": _hash if options.get("frozen") else None}
    if options.get("order"):
        methods |= {f"__{name}__": _make_comparison(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")}
    if options.get("frozen"):
        methods |= {"__setattr__": _refuse_change, "__delattr__": _refuse_change}
    for name, method in methods.items():
        if name not in own:
            setattr(cls, name, method)
    return cls


def _make_init(cls: type, options: dict[str, bool], own: set[str]) -> Callable[..., None]:
    remaining = _MANY
    fields = dataclasses.fields(cls)
    names = [field.name for field in fields]
    known = set(names)
    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    factories = {
        field.name: field.default_factory for field in fields if field.default_factory is not dataclasses.MISSING
    }
    required = known - defaults.keys() - factories.keys()

    def init(self: Any, *args: Any, **values: Any) -> None:
        nonlocal remaining
        remaining -= 1
        given = dict(zip(names, args, strict=False)) | values
        is_valid = len(args) + len(values) == len(given) and required <= given.keys() <= known
        if not remaining or not is_valid:
            _compile_methods(cls, options, own)
            vars(cls)["__init__"](self, *args, **values)  # also raises the TypeError for invalid arguments
            return
        made = {name: factory() for name, factory in factories.items() if name not in given}
        complete = defaults | made | given
        vars(self).update({name: complete[name] for name in names})
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    return init


def _compile_methods(cls: type, options: dict[str, bool], own: set[str]) -> None:
    """Replace the methods by those of the standard library."""
    fields = [(field.name, field.type, field) for field in dataclasses.fields(cls)]
    namespace: dict[str, Any] = {"__doc__": cls.__name__}  # without one, the signature is computed
    if hasattr(cls, "__post_init__"):
        namespace["__post_init__"] = cls.__post_init__
    compiled = dataclasses.make_dataclass(cls.__name__, fields, namespace=namespace, **options)  # type: ignore[arg-type]
    for name in ("__init__", "__repr__", "__eq__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__"):
        if name in vars(compiled) and name not in own:
            setattr(cls, name, vars(compiled)[name])


def _compared(instance: Any) -> tuple[Any, ...]:
    return tuple(getattr(instance, field.name) for field in dataclasses.fields(instance) if field.compare)


def _eq(self: Any, other: object) -> Any:
    return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _make_comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, object], Any]:
    def method(self: Any, other: object) -> Any:
        return compare(_compared(self), _compared(other)) if other.__class__ is self.__class__ else NotImplemented

    return method


def _repr(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _refuse_change(_self: object, name: str, *_value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")
