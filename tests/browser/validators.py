"""Programs that judge HTML: W3C's vnu, which needs Java, and html-validate, which needs Node.

`make test` installs them under var/validators where there is npm.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "var" / "validators" / "node_modules"
VNU = HOME / "vnu-jar" / "build" / "dist" / "vnu.jar"
HTML_VALIDATE = HOME / "html-validate" / "bin" / "html-validate.mjs"
# What a page is, not how its source is laid out. Search engines cut long titles where they like. A table's
# frame is a region because it scrolls, not a section of the text.
RULES = {
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "root": True,
    "rules": {
        "no-trailing-whitespace": "off",
        "long-title": "off",
        "prefer-native-element": ["error", {"exclude": ["region"]}],
    },
}
# Not in the standard yet: https://open-ui.org/components/interest-invokers.explainer/
NEW = "Attribute “interestfor” not allowed"
PATIENCE = 300  # seconds


def vnu(folder: Path) -> list[str]:
    """A line for each error or warning in the files of the folder."""
    needed("java", VNU)
    done = run(["java", "-Xss4m", "-jar", str(VNU), "--format", "json", "--stdout", str(folder)])
    return [
        f"{Path(message['url']).stem}:{message.get('lastLine')}: {message['message']}"
        for message in json.loads(done.stdout)["messages"]
        if (message["type"] == "error" or message.get("subType") == "warning")
        and NEW not in message["message"]
    ]


def html_validate(folder: Path) -> list[str]:
    needed("node", HTML_VALIDATE)
    rules = folder / "rules.json"
    rules.write_text(json.dumps(RULES))
    pages = [str(path) for path in sorted(folder.glob("*.html"))]
    done = run(["node", str(HTML_VALIDATE), "--formatter=json", f"--config={rules}", *pages])
    return [
        f"{Path(page['filePath']).stem}:{message['line']}: {message['ruleId']}: {message['message']}"
        for page in json.loads(done.stdout)
        for message in page["messages"]
    ]


VALIDATORS: list[Callable[[Path], list[str]]] = [vnu, html_validate]


def needed(program: str, package: Path) -> None:
    """Skip the test where there is no such program, or the package is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}, which is not installed")
    if not package.exists():
        pytest.skip(f"needs {package.name}, which `make var/validators/installed` installs with npm")


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    # Both say by 1 that something is wrong with a page.
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout, done.stderr
    return done
