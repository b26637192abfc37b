"""`python -m tests.crash [--kills N] [--seed N]`: kill the site N times, and say what was lost.

Exit code 0 means: nothing.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.ledger import Key, Ledger
from tests.crash.site import MailServer, Site, end
from tests.eutils import EUtils
from tests.websites import Websites

if TYPE_CHECKING:
    from tests.crash.people import Desk

PEOPLE = 3
ARTICLES = 2  # of each person
WATCHED = range(1001, 1007)  # works that are retracted and restored, as if by their journal
RENDERED_EVERY = 25  # rounds
PAGES_LOOKED_AT = 6
KINDS = {
    "an app worker": 4,
    "all app workers": 3,
    "the app's master": 3,
    "the app with its workers": 4,
    "a database session": 5,
    "the postmaster": 5,
    "PostgreSQL at once (immediate stop)": 3,
    "a command": 3,
}
COMMANDS = [["check_references", "--all"], ["check_links", "--all"], ["send_worklist"], ["backup"]]


@dataclass
class Harness:
    site: Site
    pubmed: EUtils
    mail: MailServer
    random: random.Random
    is_brief: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    desks: list["Desk"] = field(default_factory=list)
    cookies: list[dict[str, str]] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)
    orphans: int = 0
    pages: int = 0
    said: int = 0

    # The site, before anything happens to it

    def prepare(self) -> None:
        from django.contrib.auth.models import User  # noqa: PLC0415 - after django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        from articles import publishing, revising  # noqa: PLC0415
        from articles.models import EditorSettings  # noqa: PLC0415
        from tests.crash.people import GOOD, PASSWORD, Desk  # noqa: PLC0415
        from tests.factories import make_article, make_author, make_treatment  # noqa: PLC0415

        call_command("migrate", verbosity=0, interactive=False)
        for pmid in (*GOOD, *WATCHED):
            self.pubmed.add(pmid, title=f"Sample study {pmid}.")
        treatments = [make_treatment().pk, make_treatment().pk]
        for n in range(PEOPLE):
            user = User.objects.create_superuser(f"editor-{n}", f"editor-{n}@example.dk")
            EditorSettings.objects.create(user=user, wants_worklist=True)
            author = make_author()
            author.slug = f"anna-{author.pk}"
            author.save()
            articles = []
            for _article in range(ARTICLES):
                article = make_article()
                revising.record(article, by=user)
                articles.append(article.pk)
                self.ledger.known[("draft", article.pk)] = article.body_da  # type: ignore[attr-defined]
                self.ledger.known[("online", article.pk)] = self.ledger.known[("scheduled", article.pk)] = ""
            door = User.objects.create_user(f"door-{n}", password=PASSWORD, is_staff=True).username
            self.desks.append(Desk(f"{self.random.random()} {n}", articles, treatments, author.pk, door))
            self.cookies.append(signed_in(user))
        body = "\n\n".join(f"Fund [@pmid:{pmid}]." for pmid in WATCHED)
        publishing.publish(make_article(body_da=body), "da", by=User.objects.get(username="editor-0"))
        forget_connections()

    # One kill

    def round(self, number: int) -> None:
        from tests.crash.people import Person  # noqa: PLC0415

        forget_tries()
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        stopping = threading.Event()
        people = [
            Person(self.site, self.ledger, cookies, desk, stopping)
            for cookies, desk in zip(self.cookies, self.desks, strict=True)
        ]
        command = self.start_command()
        for person in people:
            person.start()
        # A command has to start first; everything else happens at once.
        shortest, longest = (1.0, 4.0) if kind == "a command" else (0.1, 2.5)
        time.sleep(self.random.uniform(shortest, longest / (3 if self.is_brief else 1)))
        self.kill(kind, command)
        time.sleep(self.random.uniform(0, 0.2))
        stopping.set()
        for person in people:
            person.join()
            if person.trouble:
                self.losses.append(f"A client was answered wrongly: {person.trouble}")
        try:
            command.wait(timeout=1 if self.is_brief else 8)
        except subprocess.TimeoutExpired:
            end(command)
        self.site.make_ready()
        self.look(rendered=number % RENDERED_EVERY == 0)

    def say_losses(self, number: int) -> None:
        """At once: what was there then is gone at the end."""
        for loss in self.losses[self.said :]:
            say(f"After kill {number}: {loss}")
        self.said = len(self.losses)

    def start_command(self) -> "subprocess.Popen[bytes]":
        for pmid in WATCHED:
            if self.random.random() < 0.3:
                notices = [("RetractionIn", "Sample J. 2026;1:1.", 9)] if self.random.random() < 0.6 else []
                self.pubmed.add(pmid, title=f"Sample study {pmid}.", notices=notices)
        command = self.random.choice(COMMANDS)
        if command == ["backup"]:
            command = ["backup", str(self.site.folder / "backups")]
        if command == ["send_worklist"]:
            self.make_worklist_due()
        return self.site.command(*command)

    def make_worklist_due(self) -> None:
        from articles.models import EditorSettings  # noqa: PLC0415

        EditorSettings.objects.update(worklist_sent_on=None)
        forget_connections()

    def kill(self, kind: str, command: "subprocess.Popen[bytes]") -> None:
        site = self.site
        match kind:
            case "an app worker":
                kill(self.random.sample(site.workers(), 1))
            case "all app workers":
                kill(site.workers())
            case "the app's master":
                site.kill_master()
            case "the app with its workers":
                site.kill_app()
            case "a database session" if sessions := site.backends():
                kill(self.random.sample(sessions, 1))
            case "PostgreSQL at once (immediate stop)":
                site.stop_immediately()
            case "a command" if command.poll() is None:
                end(command)
            case _:
                kind = "the postmaster"
                site.kill_postmaster()
        self.kills[kind] += 1

    # Looking

    def look(self, *, rendered: bool) -> None:
        """Everything that is promised, asked of what is there now."""
        from articles import invariants, media  # noqa: PLC0415

        forget_connections()
        wait_for_quiet()
        self.losses += self.ledger.settle(facts().get_or_nothing)
        asked = list(invariants.INVARIANTS)
        if rendered:
            asked.append(invariants.texts_render_as_they_did)
        for invariant in asked:
            self.asked[invariants.name_of(invariant)] += 1
        self.losses += [f"{name}: {sentence}" for name, sentence in invariants.broken(asked)]
        self.orphans = max(self.orphans, len(media.orphans()))
        self.look_at_pages(self.random.sample)
        forget_connections()

    def look_at_pages(self, choose: object = None) -> None:
        from articles.models import Edition  # noqa: PLC0415

        addresses = [
            edition.get_absolute_url() for edition in Edition.objects.current().only("slug", "language")
        ]
        if choose is not None:
            addresses = self.random.sample(addresses, min(PAGES_LOOKED_AT, len(addresses)))
        for path in ["/da/blog/", "/sitemap.xml", "/da/blog/feed/", "/da/blog/search/?q=brok", *addresses]:
            self.pages += 1
            if (status := self.site.status(path)) != 200:
                # Not one try is allowed for: the site has answered since the kill.
                self.losses.append(f"{path}: {status}")

    # The end

    def finish(self) -> str:
        """A last run of everything, undisturbed, and what became of the mails."""
        self.make_worklist_due()
        last = [["check_references", "--all"], ["send_worklist"], ["check_links"]]
        # Each twice: once for what was left, once for what is not to be done again.
        for command in last[:1] if self.is_brief else last * 2:
            if self.site.command(*command).wait() != 0:
                self.losses.append(f"{' '.join(command)} fails in the end.")
        self.look(rendered=True)
        self.look_at_pages()
        self.clear_orphans()
        return f"{self.look_at_mails()}\n{self.look_at_links()}\n{self.look_at_backups()}"

    def clear_orphans(self) -> None:
        """What nothing names goes a day later, and nothing else does."""
        from articles import media  # noqa: PLC0415

        orphans = media.orphans()
        for name in orphans:
            os.utime(self.site.folder / "media" / name, (0, 0))
        media.delete(media.left_behind(media.orphans()))
        self.losses += [f"{name} cannot be cleared away." for name in media.orphans()]
        self.losses += [
            f"{name} was cleared away, but belongs to {row}." for name, row in media.missing().items()
        ]

    def look_at_mails(self) -> str:
        from django.contrib.auth.models import User  # noqa: PLC0415
        from django.db.models import F  # noqa: PLC0415

        from articles.addresses import message_id  # noqa: PLC0415
        from articles.alerts import NO_NEWS  # noqa: PLC0415
        from references.models import Check  # noqa: PLC0415

        taken = Counter(named for named, _to in self.mail.taken if named.startswith("<check-"))
        editor = User.objects.get(username="editor-0").pk
        changes = Check.objects.filter(reference__pmid__in=WATCHED).exclude(standing=F("standing_before"))
        due = {
            message_id("check", check.pk, f"{check.at:%Y%m%d%H%M%S}", editor)
            for check in changes
            if (check.standing_before, check.standing) != NO_NEWS
        }
        self.losses += [f"Nobody was told of {named}." for named in sorted(due - taken.keys())]
        self.losses += [f"A mail about nothing: {named}" for named in sorted(taken.keys() - due)]
        twice = taken.total() - len(taken)
        if twice > self.kills.total():
            self.losses.append(f"{twice} mails were sent twice.")
        sent = len(due & taken.keys())
        return f"Mails about retractions: {len(due)} due, {sent} sent, {twice} of them twice (named alike)"

    def look_at_links(self) -> str:
        """Each mail to a doctor has a link that leads somewhere, whatever died when it was sent."""
        links = sorted(self.mail.links.values())
        self.losses += [f"A doctor's link is dead: {link}" for link in links if self.site.status(link) != 200]
        return f"Doctors mailed: {len(links)}, each with a link that works"

    def look_at_backups(self) -> str:
        """Each is whole, and of one moment: restored elsewhere, every invariant holds."""
        from django.db import connection  # noqa: PLC0415

        folder = self.site.folder / "backups"
        whole = sorted(folder.glob("*.tar")) if folder.is_dir() else []
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE restored")
        elsewhere = {"DATABASE_URL": self.site.database_url("restored")}
        for backup in whole:
            elsewhere["CRASH_FOLDER"] = str(self.site.folder / f"restored-{backup.name}")
            # With a picture that is missing, or anything else that does not hold, it fails.
            if self.site.command("restore", "--replace", "--yes", str(backup), **elsewhere).wait() != 0:
                self.losses.append(f"{backup.name} is not whole, or not of one moment.")
        return f"Backups made meanwhile: {len(whole)}, each restored elsewhere and found right"

    def summary(self, seconds: float) -> str:
        ledger = self.ledger
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.kills.most_common())
        return "\n".join(
            [
                f"Kills: {self.kills.total()} ({kinds})",
                f"Writes clients were told of: {ledger.told}; {ledger.compared} looks whether they are there",
                f"Writes cut off before the answer: {ledger.untold}, of them done {ledger.untold_but_done}",
                f"Invariants checked: {len(self.asked)}, altogether {self.asked.total()} times",
                f"Files without a row at worst: {self.orphans}, all listed",
                f"Public pages asked for: {self.pages}",
                f"Seconds: {seconds:.0f}",
                f"Losses: {len(self.losses)}",
                *self.losses[:50],
            ]
        )


@dataclass
class Facts:
    values: dict[Key, str]

    def get_or_nothing(self, key: Key) -> str:
        return self.values.get(key, "")


def facts() -> Facts:
    """What there is of all that clients may have been told."""
    from articles.models import Approval, Article, Author, Edition, Picture  # noqa: PLC0415
    from references.languages import localized  # noqa: PLC0415
    from signing_in.models import SignInEntry  # noqa: PLC0415

    found: dict[Key, str] = {}
    slug_da, body_da, alt_da, biography_da = (
        localized(field, "da") for field in ("slug", "body", "alt", "biography")
    )
    for pk, slug, body in Article.objects.values_list("pk", slug_da, body_da):
        found[("draft", pk)] = body
        if slug.startswith("importeret-") and "picture:" in body:
            number = slug.removeprefix("importeret-")
            found[("import", slug)] = f"tekst {number}" if f"tekst {number}." in body else body
    # An earlier one, of another minute, comes online until this takes over.
    last = Edition.objects.scheduled().last_published()
    for kind, editions in (("online", Edition.objects.current()), ("scheduled", last)):
        for pk, body in editions.in_language("da").values_list("article_id", "body"):
            found[(kind, pk)] = body
    for alt in Picture.objects.values_list(alt_da, flat=True):
        found[("picture", alt)] = alt
    for email, mailed_at, decision in Approval.objects.values_list("email", "mailed_at", "decision"):
        found[("asked", email)] = "mailed" if mailed_at else ""
        found[("answered", email)] = decision
    entries = SignInEntry.objects.filter(deed=SignInEntry.Deed.SIGNED_IN)
    for name, count in Counter(entries.values_list("user__username", flat=True)).items():
        found[("sign-ins", name)] = str(count)
    for pk, biography in Author.objects.values_list("pk", biography_da):
        found[("author", pk)] = biography or ""
    return Facts(found)


def signed_in(user: object) -> dict[str, str]:
    """The cookies of a browser in which the person has signed in, and has shown a second factor."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import login  # noqa: PLC0415
    from django.http import HttpRequest  # noqa: PLC0415

    from signing_in.factors import SHOWN  # noqa: PLC0415
    from signing_in.sessions import SessionStore  # noqa: PLC0415

    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])  # type: ignore[arg-type]
    request.session[SHOWN] = user.pk  # type: ignore[attr-defined]
    request.session.save()
    key = request.session.session_key or ""
    return {settings.SESSION_COOKIE_NAME: key, settings.CSRF_COOKIE_NAME: "a" * 32}


def wait_for_quiet() -> None:
    """Until the database has finished with what was under way: the dead send no more."""
    from django.db import connection  # noqa: PLC0415

    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid() AND (state <> 'idle' OR backend_xid IS NOT NULL)"
    )
    with connection.cursor() as cursor:
        while True:
            cursor.execute(busy)
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)


def forget_tries() -> None:
    """A try to sign in is counted before it is made; one that is killed stays so for a quarter of an hour.

    That has passed: five kills would lock an account.
    """
    from django.core.cache import cache  # noqa: PLC0415

    cache.clear()
    forget_connections()


def forget_connections() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()


def kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--briefly", action="store_true", help="shorter rounds, for the tests")
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-crash-")))
        pubmed, websites = stack.enter_context(EUtils()), stack.enter_context(Websites())
        websites.pages["/side"] = 200
        mail = MailServer()
        stack.callback(mail.close)
        site = Site(folder, pubmed.url, websites.url("/side"), mail, durable=True)
        stack.callback(site.close)
        os.environ.update(site.environment)
        import django  # noqa: PLC0415 - now that the environment says which site

        site.start_database()
        django.setup()
        chance = random.Random(options.seed)  # noqa: S311 - to be repeated
        harness = Harness(site, pubmed, mail, chance, is_brief=options.briefly)
        harness.prepare()
        site.make_ready()
        for number in range(1, options.kills + 1):
            harness.round(number)
            if number % 10 == 0:
                told = harness.ledger.told
                say(f"{number} kills, {told} writes told of, {len(harness.losses)} losses")
            harness.say_losses(number)
            if len(harness.losses) > 20:
                break
        ending = harness.finish()
        say(f"Seed {options.seed}\n{ending}\n{harness.summary(time.monotonic() - began)}")
        if harness.losses:
            say(site.last_lines())
    return 1 if harness.losses else 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
