"""Deque's axe on a page: what breaks WCAG 2.2 AA or good practice, as far as a machine can tell."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCRIPT = Axe().axe_script
RUN = """async ([options, excluded]) => {
    await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
    const isOurs = (rule, [selector]) =>
        !(rule in excluded && document.querySelector(selector).matches(excluded[rule]));
    return (await axe.run(document, options)).violations.flatMap(rule =>
        rule.nodes
            .filter(node => isOurs(rule.id, node.target))
            .map(node => `${rule.id} at ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
ALL_RULES: dict[str, object] = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
RULES_OF_COLOUR: dict[str, object] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What is not about colour is the same in the dark.
LOOKS: list[tuple[Literal["light", "dark"], dict[str, object]]] = [
    ("light", ALL_RULES),
    ("dark", RULES_OF_COLOUR),
]


def violations(page: Page, widths: list[int], excluded: dict[str, str] | None = None) -> list[str]:
    """A line for each place that breaks a rule in a width, light or dark.

    `excluded` has, for a rule, the selector of what need not keep it.
    """
    page.evaluate(SCRIPT)
    lines = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            # A frame that runs no script, like the live preview, would never answer. What a stylesheet
            # imports axe would look for beside the page.
            options = {"runOnly": rules, "resultTypes": ["violations"], "iframes": False, "preload": False}
            broken = page.evaluate(RUN, [options, excluded or {}])
            lines += [f"{width} px, {scheme}: {line}" for line in broken]
    return lines
