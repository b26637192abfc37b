"""Programs of Debian that benchmarks and tests want, installed when root runs them."""

import os
import shutil
import subprocess
import sys


def install(package: str) -> None:
    """Nothing without root and apt-get."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    sys.stderr.write(f"Installing Debian's {package}.\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        show_failure(["apt-get", "--quiet=2", *arguments], environment)


def show_failure(command: list[str], environment: dict[str, str]) -> None:
    """Quiet when it works; the end of what it said when it does not."""
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        sys.stderr.write("\n".join([*done.stdout.splitlines()[-5:], ""]))
