"""Words: spans of time and amounts of bytes as people read them."""

from __future__ import annotations


def span(seconds: float) -> str:
    """Write a time.

    Examples
    --------
    >>> span(40), span(600), span(36000)
    ('40 s', '10 min', '10.0 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def amount(number: float) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> amount(1234), amount(5.6e10)
    ('1 kB', '56 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
