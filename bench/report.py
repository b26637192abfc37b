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
    """What was to be reached, at least or at most, and what was."""

    what: str
    bound: float
    rounds: Sequence[float]
    """The value of each round, sorted."""
    is_most: bool = False

    @property
    def value(self) -> float:
        """The median; of an even number the worse one, so that a goal is not reached by rounding."""
        return self.rounds[(len(self.rounds) - (not self.is_most)) // 2]

    @property
    def is_reached(self) -> bool:
        return self.value <= self.bound if self.is_most else self.value >= self.bound


@dataclass(frozen=True)
class Report:
    name: str
    conditions: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal]
    appendix: str = ""


def as_text(report: Report) -> str:
    """A plain table, numbers to the right, and a line for each goal."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [report.name, *report.conditions, machine, "", *_table([report.header, *report.rows]), ""]
    for goal in report.goals:
        verdict = "reached" if goal.is_reached else "NOT reached"
        between = f"rounds {goal.rounds[0]:.2f} to {goal.rounds[-1]:.2f}"
        aim = f"Goal {'at most ' if goal.is_most else ''}{goal.bound:.2f}"
        lines.append(f"{goal.what}: {goal.value:.2f} ({between}). {aim}: {verdict}.")
    if report.appendix:
        lines += ["", report.appendix]
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
