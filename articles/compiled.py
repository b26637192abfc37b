"""Queries whose SQL is made once: for a page's query that takes several times as long as running it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connections, router
from django.db.models import QuerySet
from psycopg import sql


class CompiledQuery:
    """A queryset of values(), to be run many times with other values in the places of its placeholders.

    A placeholder is any text or moment in the queryset's filters that stands nowhere else in it.
    """

    def __init__(self, queryset: QuerySet[Any, dict[str, Any]], placeholders: Collection[Any]) -> None:
        self.model = queryset.model
        query = queryset.query
        compiler = query.get_compiler(queryset.db)
        statement, parameters = compiler.as_sql()
        self.sql, self.parameters = with_texts_written_out(statement, parameters, placeholders)
        self.names = list(query.selected or ())
        self.converters = compiler.get_converters([column for column, *_rest in compiler.select])

    def first(self, values: Mapping[Any, Any]) -> dict[str, Any] | None:
        """The first row, with these values for the placeholders."""
        parameters = [values.get(p, p) if p.__hash__ else p for p in self.parameters]
        connection = connections[router.db_for_read(self.model)]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for index, (converters, expression) in self.converters.items():
            for convert in converters:
                row[index] = convert(row[index], expression, connection)
        return dict(zip(self.names, row, strict=True))


def with_texts_written_out(
    statement: str, parameters: Collection[Any], placeholders: Collection[Any]
) -> tuple[str, list[Any]]:
    """The statement with those parameters in it that are the same each time: names of JSON keys, mostly.

    psycopg reads long statements, and sends each parameter, anew every time.
    """
    written, kept = [], []
    *pieces, end = statement.split("%s")
    for piece, parameter in zip(pieces, parameters, strict=True):
        is_fixed = isinstance(parameter, str) and parameter not in placeholders
        written += [piece, sql.Literal(parameter).as_string().replace("%", "%%") if is_fixed else "%s"]
        kept += [] if is_fixed else [parameter]
    return "".join([*written, end]), kept
