"""A few kills; `make crash` has two hundred."""

import subprocess
import sys

from clinic.settings import BASE_DIR


def test_nothing_that_was_told_is_lost_to_kills():
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--kills=5", "--seed=3", "--briefly"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Kills: 5 " in done.stdout
    assert "Losses: 0" in done.stdout
