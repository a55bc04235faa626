"""Postpones the import of modules that libraries import and commands do not use, because start-up time is a feature."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

_LOADING = RLock()  # recursive: a deferred module may use another one


class _DeferredModule(ModuleType):
    """A module without contents. The first use of an attribute runs its code, and makes it an ordinary module.

    `importlib.util.LazyLoader` cannot be used: before Python 3.13, the statement `import` itself loads its modules.
    """

    is_loading = False

    def __getattr__(self, name: str) -> Any:
        with _LOADING:
            if type(self) is _DeferredModule and self.is_loading:  # the code of the module, in this thread
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
            _load(self)
        return getattr(self, name)


def _load(module: ModuleType) -> None:
    """Run the code of a deferred module, and make it an ordinary module, unless another thread has done so."""
    with _LOADING:
        if type(module) is not _DeferredModule:
            return
        module.is_loading = True
        try:
            module.__loader__.exec_module(module)  # type: ignore[union-attr]
        finally:
            del module.is_loading
        module.__class__ = ModuleType  # type: ignore[assignment]


def defer_imports(*names: str) -> None:
    """Load modules when one of their attributes is used, instead of when a library imports them.

    A statement `from NAME import ...` in a library uses an attribute. Modules that are loaded already or missing are
    left alone.

    Args:
        names: full names, such as `asyncio` or `grpc.aio`. The parent of a module is not imported.
    """
    for name in names:
        defer_import(name)


def defer_import(name: str, *functions: str, **known: Any) -> None:
    """Load a module as `defer_imports`; the use of some attributes does not load it.

    Args:
        name: full name.
        functions: names of functions and classes of the module that it is loaded for when they are called.
        known: attributes that the module has until it is loaded.
    """
    spec = None if name in sys.modules else _find_spec(name)
    if spec:
        sys.modules[name] = module = _empty_module(spec)
        vars(module).update({function: _deferred_function(module, function) for function in functions}, **known)
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:  # `import` does the same
            setattr(sys.modules[parent], child, module)


def _deferred_function(module: ModuleType, name: str) -> Callable[..., Any]:
    """Return a function that loads the module, and calls the function of this name there."""

    def call(*args: Any, **keywords: Any) -> Any:
        _load(module)
        return getattr(module, name)(*args, **keywords)

    return call


def _find_spec(name: str) -> ModuleSpec | None:
    """Return the spec of a module on the path of Python; None if it is missing or has no code."""
    path: list[str] | None = None
    parts = name.split(".")
    for length in range(1, len(parts)):
        parent = PathFinder.find_spec(".".join(parts[:length]), path)
        if not parent or parent.submodule_search_locations is None:
            return None
        path = list(parent.submodule_search_locations)
    spec = PathFinder.find_spec(name, path)
    return spec if spec and spec.loader else None


def _empty_module(spec: ModuleSpec) -> ModuleType:
    module = _DeferredModule(spec.name)
    module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, spec.parent
    if spec.has_location:
        module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    return module
