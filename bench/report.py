"""What a benchmark is asked for and what it answers with."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, and seconds of each thing in each round."""

    rounds: int
    seconds: int


@dataclass(frozen=True)
class Goal:
    """What was to be reached, and what was."""

    what: str
    least: float
    rounds: Sequence[float]
    """The value of each round, sorted."""

    @property
    def value(self) -> float:
        """The median; of an even number the lower one, so that a goal is not reached by rounding."""
        return self.rounds[(len(self.rounds) - 1) // 2]

    @property
    def is_reached(self) -> bool:
        return self.value >= self.least


@dataclass(frozen=True)
class Report:
    name: str
    conditions: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal]


def as_text(report: Report) -> str:
    """A plain table, numbers to the right, and a line for each goal."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [report.name, *report.conditions, machine, "", *_table([report.header, *report.rows]), ""]
    for goal in report.goals:
        verdict = "reached" if goal.is_reached else "NOT reached"
        between = f"rounds {goal.rounds[0]:.2f} to {goal.rounds[-1]:.2f}"
        lines.append(f"{goal.what}: {goal.value:.2f} ({between}). Goal {goal.least:.2f}: {verdict}.")
    return "\n".join([*lines, ""])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
