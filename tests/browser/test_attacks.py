"""The corpus of attacks in a real browser: no dialog, no script of a text runs, nothing is reported."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.attacks.pages import bodies, make_editions

pytestmark = pytest.mark.django_db(transaction=True)

# Scripts and handlers that stand in the page, but for what machines read and files of our own.
FOREIGN = """() => [
    ...[...document.scripts].filter(
        (s) => s.type !== 'application/ld+json' && !s.src.startsWith(location.origin + '/static/')),
    ...[...document.querySelectorAll('*')].filter(
        (e) => [...e.attributes].some((a) => a.name.startsWith('on'))),
    ...document.querySelectorAll('iframe, object, embed, base, svg script'),
    ...[...document.querySelectorAll('a, area, form')].filter(
        (e) => /^(?:javascript|data|vbscript|blob|filesystem|file):$/.test(e.protocol || '')),
].map((e) => e.outerHTML.slice(0, 200))"""
REPORTS = """() => {
    window.reports = [];
    addEventListener('securitypolicyviolation',
        (e) => window.reports.push(e.violatedDirective + ' ' + e.blockedURI));
}"""


@pytest.fixture
def dialogs(page):
    """What a dialog said. One that stays open would keep the page from going on."""
    said = []

    def closed(dialog):
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", closed)
    page.add_init_script(f"({REPORTS})()")
    return said


def judged(page: Page) -> Any:
    """What stands in the page that no text of ours has, once every element was touched. All else fails."""
    hit, reports, foreign = page.evaluate(
        f"""() => {{
            for (const kind of ['pointerover', 'click', 'focus', 'animationend', 'scrollend'])
                for (const e of document.querySelectorAll('main *'))
                    e.dispatchEvent(new Event(kind, {{bubbles: kind !== 'click'}}));
            return [window.hit ?? null, window.reports, ({FOREIGN})()];
        }}"""
    )
    assert hit is None
    assert reports == []
    return foreign


def test_the_judge_hears_of_what_the_policy_stops(page, live_server, dialogs, troubles):
    """With the site's own policy, or no report would mean nothing."""
    answer = page.request.get("/da/blog/")
    policy = answer.headers["content-security-policy"]
    assert "script-src" in policy or "default-src 'none'" in policy
    hostile = "<main><script>window.hit=1</script><p style='color:red' onclick=window.hit=1>a</main>"
    page.route(
        "**/da/blog/",
        lambda route: route.fulfill(
            body=hostile, content_type="text/html", headers={"Content-Security-Policy": policy}
        ),
    )
    page.goto("/da/blog/")
    reports = page.evaluate("window.reports")
    assert {"script-src-elem inline", "script-src-attr inline", "style-src-attr inline"} == set(reports)
    assert page.evaluate("window.hit") is None
    assert len(page.evaluate(FOREIGN)) == 2
    troubles.clear()


def test_nothing_of_the_corpus_runs_on_public_pages(page, live_server, dialogs, troubles):
    editions = make_editions()
    for path in [*(edition.get_absolute_url() for edition in editions), "/da/blog/", "/da/blog/author/hit/"]:
        answer = page.goto(path)
        assert "content-security-policy" in answer.headers
        assert judged(page) == [], path
    assert dialogs == []
    # Own pictures that are not there: addresses of this site are allowed.
    troubles[:] = [trouble for trouble in troubles if not trouble.startswith("404 for GET")]


def test_nothing_of_the_corpus_runs_in_the_preview(desk, dialogs, troubles):
    desk.goto("/admin/")
    token = desk.evaluate("document.querySelector('[name=csrfmiddlewaretoken]').value")
    for body in bodies():
        desk.goto("/static/css/embed.css")  # cheap, and lets its forms go to the desk
        desk.evaluate(
            """([token, text]) => {
                const form = document.createElement('form');
                form.method = 'post';
                form.action = '/admin/articles/article/render/';
                const sent = {csrfmiddlewaretoken: token, language: 'da', text};
                for (const [name, value] of Object.entries(sent)) {
                    const field = document.createElement('textarea');
                    field.name = name;
                    field.value = value;
                    form.append(field);
                }
                document.body.append(form);
                form.submit();
            }""",
            [token, body],
        )
        desk.wait_for_url("**/render/")
        assert judged(desk) == []
    assert dialogs == []
    troubles[:] = [trouble for trouble in troubles if not trouble.startswith("404 for GET")]
