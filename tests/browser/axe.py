"""Deque's axe on a page: what breaks WCAG 2.2 AA or good practice, as far as a machine can tell."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

SCRIPT = Axe().axe_script
RUN = """async ([exclude, options]) => {
    await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
    return (await axe.run({ include: [["html"]], exclude }, options)).violations;
}"""
ALL_RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def violations(page: Page, widths: list[int]) -> list[str]:
    """A line for each place that breaks a rule in a width, light or dark."""
    page.evaluate(SCRIPT)
    lines = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, rules in (("light", ALL_RULES), ("dark", RULES_OF_COLOUR)):
            page.emulate_media(color_scheme=scheme)
            lines += [f"{width} px, {scheme}: {line}" for line in broken_rules(page, rules)]
    return lines


def broken_rules(page: Page | Frame, rules: dict[str, Any]) -> list[str]:
    # axe looks into no frame by itself here: a frame without scripts does not answer it.
    options = {"runOnly": rules, "resultTypes": ["violations"], "iframes": False}
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in page.evaluate(RUN, [[], options])
        for node in rule["nodes"]
    ]
