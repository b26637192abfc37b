"""Django's PostgreSQL backend, which starts the private server when there is nobody to connect to."""

import os
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client

from clinic.private_postgres.account import Account
from clinic.private_postgres.binaries import binaries
from clinic.private_postgres.errors import PrivatePostgresError
from clinic.private_postgres.server import PrivatePostgres


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` with the server's own psql."""

    connection: "DatabaseWrapper"

    def runshell(self, parameters: Any) -> None:
        self.connection.ensure_connection()
        programs = binaries(Account.for_home(self.connection.server.directory))
        os.environ["PATH"] = f"{programs.folder}:{os.environ.get('PATH', os.defpath)}"
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    @property
    def server(self) -> PrivatePostgres:
        return PrivatePostgres(Path(self.settings_dict["DIRECTORY"]), durable=self.settings_dict["DURABLE"])

    def get_new_connection(self, conn_params: Any) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            # Not running, killed, or something else is wrong: then the second try says so.
            try:
                self.server.start()
            except PrivatePostgresError as error:
                raise self.Database.OperationalError(str(error)) from error
            return super().get_new_connection(conn_params)
