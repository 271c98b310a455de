"""Arrays without reference counts, for the inside of a compiled run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba.extending import intrinsic

__all__ = ["borrowed"]


def _without_owner(typing_context: Any, array: Any) -> Any:
    # The same array without its owner. Every array passed to a compiled function has its reference
    # count raised and lowered, atomically each: passing a run's twenty arrays around took longer
    # than simulating. A view without an owner has nothing to count. It is valid only while somebody
    # else holds the array: borrow from arguments, never from what the same function allocated.

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.return_type)(context, builder, value=args[0])
        view.meminfo = view.meminfo.type(None)
        view.parent = view.parent.type(None)
        return view._getvalue()

    return array(array), codegen


borrowed: Callable[[Any], Any] = cast(Any, intrinsic(_without_owner))
