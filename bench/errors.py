"""The one way in which a benchmark fails."""


class BenchError(RuntimeError):
    """Nothing could be measured. One sentence for a person; after it, where there is one, the end of a log."""
