"""Settings of the process's memory for a server of many small exchanges.

Each exchange takes some ten kilobytes from the C library for JSON texts and gives them back. glibc returns
the end of its heap to the system whenever 128 KiB of it are free, so the same pages would be taken and given
back, and zeroed by the kernel, many times a second. An exchange leaves no cycles, so the collector may look
less often, and never at the modules.
"""

from __future__ import annotations

import ctypes
import gc

_M_TRIM_THRESHOLD, _M_TOP_PAD = -1, -2
KEPT_BYTES = 64 * 1024 * 1024
TAKEN_AT_ONCE_BYTES = 1024 * 1024
YOUNG_OBJECTS_MAX = 20_000


def keep_freed_pages() -> bool:
    """Lets the C library keep up to `KEPT_BYTES` of freed memory (mallopt(3)); False where it cannot."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)) and bool(mallopt(_M_TOP_PAD, TAKEN_AT_ONCE_BYTES))


def spare_what_stays() -> None:
    """Takes everything alive out of the collector's sight and lets it look less often than it does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, 20, 50)
