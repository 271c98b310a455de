"""Arrays without reference counts, for the inside of a compiled run."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["borrowed"]


@intrinsic
def borrowed(typing_context: Any, array: Any) -> Any:
    """Return the same array without its owner; compiled code only.

    Every array passed to a compiled function has its reference count raised and lowered, atomically
    each: passing a run's twenty arrays around took longer than simulating. A view without an owner
    has nothing to count. It is valid only while somebody else holds the array: borrow from
    arguments, never from what the same function has allocated.
    """
    del typing_context

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.return_type)(context, builder, value=args[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()

    return array(array), codegen
