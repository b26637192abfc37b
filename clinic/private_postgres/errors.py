"""The one way in which the private PostgreSQL fails."""


class PrivatePostgresError(RuntimeError):
    """One sentence for a person; after it, where there is one, the end of the server's log."""
