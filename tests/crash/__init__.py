"""Nothing half-done: the real site and its database are killed at random moments, and then looked at.

`make crash` does it 200 times; `python -m tests.crash --kills 5` is the short version of the tests.
"""
