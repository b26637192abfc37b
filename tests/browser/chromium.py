"""A Chromium for the browser tests. `python -m tests.browser.chromium` installs one if need be."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench import debian

# Without a window's own pages, of which the whole browser prepares several for each test: half a second.
HEADLESS = "chromium-headless-shell"
NAMES = [HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
NONE_TO_BE_HAD = (
    "The browser tests need Chromium, and none could be installed:"
    f" as root run `apt-get install {HEADLESS}`, or put chromium or google-chrome on the PATH."
)


def find() -> Path | None:
    """The system's browser, or the one that Playwright downloaded before."""
    on_path = (shutil.which(name) for name in NAMES)
    for browser in (Path(found) for found in on_path if found):
        if _runs(browser):
            return browser
    own = _playwrights()
    return own if _runs(own) else None


def find_or_install() -> Path | None:
    """A browser that runs, installed if there was none; None when it cannot be had."""
    installers: list[Callable[[], None]] = [_install_from_debian, _install_from_playwright]
    browser = find()
    for install in installers:
        if browser is None:
            install()
            browser = find()
    return browser


def _runs(browser: Path) -> bool:
    """Being there is not enough: a stub may ask for a snap, or a system library may be missing."""
    try:
        done = subprocess.run([browser, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwrights() -> Path:
    # Asked in a process of its own: Playwright's loop would be in the way of the tests' own.
    script = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip() or "no-browser")


def _install_from_debian() -> None:
    debian.install(HEADLESS)


def _install_from_playwright() -> None:
    sys.stderr.write("Downloading Playwright's chromium for the browser tests.\n")
    debian.show_failure([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


if __name__ == "__main__":
    if find_or_install() is None:
        sys.exit(NONE_TO_BE_HAD)
