"""The one way in which a benchmark fails."""


class BenchError(RuntimeError):
    """Nothing could be measured. One sentence for a person, then perhaps the end of a log."""
