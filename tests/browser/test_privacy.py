"""What the page about privacy says, as a browser sees it: nothing is stored, run or asked of others."""

from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.site import make_site
from tests.every_address import every_address

KEPT = """async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
RUN = "[...document.scripts].filter(script => script.type !== 'application/ld+json').length"
NOTHING = {"local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0, "run": 0, "cookies": []}


def test_no_page_for_readers_keeps_runs_or_asks_others_for_anything(page: Page, live_server):
    asked = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    for_one_reader = [path for name, path in every_address().items() if name in {"preview", "approval"}]
    found = {}
    for path in [*make_site("da").values(), *for_one_reader, "/approval/waiting/", "/nothing/"]:
        page.goto(path)
        kept = page.evaluate(KEPT) | {"run": page.evaluate(RUN), "cookies": page.context.cookies()}
        if kept != NOTHING:
            found[path] = kept
    assert found == {}
    assert asked == {urlsplit(live_server.url).netloc}
