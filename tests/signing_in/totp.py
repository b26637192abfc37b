"""What an app on a phone does, after RFC 6238: written apart from the code that is tested."""

import base64
import hmac
import time


def code(secret: str, *, steps: int = 0) -> str:
    """The six digits shown now, or some half minutes from now."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
