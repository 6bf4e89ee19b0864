"""Masks what may differ between two tellings of the same incident: times and the incident's id.

The deployed stack and `gatewatch replay` run the same engine at different times. Everything else in
their messages must be equal, so the mask is narrow: a number that is not a time stays visible.
"""

from __future__ import annotations

import re
from typing import Any

# A colon is a colon, or what URLs and the CloudWatch console's links make of it.
_COLON = r"(?: : | %3A | \*3A )"

_TIMES = re.compile(
    rf"""
      \d{{4}}-\d{{2}}-\d{{2}}                                              # 2026-11-22
        (?: (?: T | ,?\s ) \d{{2}} {_COLON} \d{{2}}                        # 10:15
            (?: {_COLON} \d{{2}} (?: \.\d+ )? )?                           # :30.123
            (?: \s? (?: Z | UTC | [+-]\d{{2}} {_COLON} \d{{2}} ) )? )?
    | \b \d{{2}}:\d{{2}} (?: :\d{{2}} (?: \.\d+ )? )? \b (?: Z | \s?UTC )?  # 10:15 UTC
    | (?<! [\w.-] ) 1[6-9]\d{{8}} (?: \d{{3}} )? (?! [\w.-] )             # s or ms since 1970
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Twelve hex digits, but neither the tail of a UUID (request ids must stay equal) nor what an escape
# such as *22 makes of an API id in a link.
_INCIDENT_ID = re.compile(r"(?<![0-9A-Za-z*%$-])[0-9a-f]{12}(?![0-9A-Za-z-])")


def mask(value: Any) -> Any:  # noqa: ANN401 (any JSON value in, the same shape out)
    """Return the JSON value with every time as `<time>` and every incident id as `<incident>`."""
    if isinstance(value, str):
        return _INCIDENT_ID.sub("<incident>", _TIMES.sub("<time>", value))
    if isinstance(value, dict):
        return {mask(key): mask(member) for key, member in value.items()}
    if isinstance(value, list):
        return [mask(member) for member in value]
    return value
