"""Defaults: the reference shows those that signatures have; the first of ``{"a", "b"}`` in a docstring is none."""

from __future__ import annotations

from typing import Any

from griffe import DocstringSectionKind, Extension, Function


class SignatureDefaults(Extension):
    """Takes the defaults of parameters with a set of choices from the signature."""

    def on_function(self, *, func: Function, **_: Any) -> None:
        """Put the defaults of one function right."""
        if func.docstring is None or " : {" not in func.docstring.value:
            return
        for section in func.docstring.parsed:
            if section.kind is DocstringSectionKind.parameters:
                for parameter in section.value:
                    known = parameter.name in func.parameters
                    parameter.value = func.parameters[parameter.name].default if known else parameter.value
