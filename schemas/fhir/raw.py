"""What is asked of received JSON bytes before anything parses them."""

import re
from itertools import accumulate
from operator import sub
from typing import Final

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Opening brackets weigh 2 and closing ones 0, less 1 each: bytes hold no negative numbers.
_WEIGHTS: Final = bytes.maketrans(b"[{]}", b"\2\2\0\0")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(raw: bytes, limit: int = 100) -> bool:
    """Whether JSON is nested deeper than `limit` arrays and objects; brackets in strings are text.

    No bytes make it raise or recurse. Fewer opening brackets than `limit` is answered at once.
    """
    if raw.count(b"{") + raw.count(b"[") <= limit:
        return False
    weights = _STRING.sub(b"", raw).translate(_WEIGHTS, _NOT_BRACKETS)
    depths = map(sub, accumulate(weights), range(1, len(weights) + 1))
    return max(depths, default=0) > limit


def holds_nul(raw: bytes) -> bool:
    r"""Whether a JSON string holds the character `\u0000`, which PostgreSQL cannot store."""
    return b"\\u0000" in raw and _NUL.search(raw) is not None
