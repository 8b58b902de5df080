"""`NamedTuple` without `typing`, for what `srs due --count` imports: a seventh of its time.

To a type checker it is `typing.NamedTuple`; when the program runs, it makes the same classes. A
module that uses it has `from __future__ import annotations`, so that field types stay texts.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Maker(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            """A named tuple of the annotated names, with the methods and properties of the class."""
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.pop("__annotations__")
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))  # noqa: PYI024 - to do without `typing`
            for attribute, value in body.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """A tuple with named fields, written as a class."""


__all__ = ["NamedTuple"]
