"""What a reader's telephone has to load."""

import gzip
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from articles import images, pictures, publishing
from articles.models import Article, Author
from articles.publishing import Remarks, Review
from references.models import Reference
from tests.factories import SOME_DAY
from tests.pictures import photograph

pytestmark = pytest.mark.django_db

MOST_BYTES = 20_000
LOADING = r"link|img|source|script|iframe|video|audio|object|embed"
# Links for machines: a browser does not follow them.
NOT_LOADED = re.compile(r'<link rel="(?:canonical|alternate)"[^>]*>')
ADDRESS = re.compile(rf'<({LOADING})\b[^>]*?\b(?:src|href|srcset)="([^"]*)"')


@pytest.fixture
def html(client):
    """The sample's longest article, with everything that an article's page can show."""
    call_command("load_sample")
    article = Article.objects.get(slug_da="tarm-hjerne-aksen")
    for n, reference in enumerate(Reference.objects.all()):
        reference.title = f"Sample study {n}: a title as long as titles of studies of the bowel usually are"
        reference.authors = [f"Sample{n} A", f"Example{n} B", f"Nobody{n} C"]
        reference.journal, reference.published, reference.volume = f"J Samples {n}", f"20{n:02} Aug 5", str(n)
        reference.publication_types = [["D016449", "Randomized Controlled Trial"]]
        reference.plain_summary_da = f"Eksempel {n}: en sætning, som patienter forstår, om hvad der kom ud."
        reference.standing, reference.notice_url = "corrected", f"https://pubmed.ncbi.nlm.nih.gov/{n}/"
        reference.save()
    other = Article.objects.get(slug_da="lyskebrok")
    article.seek_help_da = other.seek_help_da
    article.body_da += f"\n\n{other.body_da[:800]} [@pmid:419582]"
    article.save()
    pictures.store_portrait(Author.objects.get(pk=article.author_id), images.portrait(photograph(90, 90)))
    remarks = Remarks(change_note="Rettet.", review=Review(by=Author.objects.earliest("pk"), on=SOME_DAY))
    edition = publishing.publish(article, "da", remarks=remarks)
    assert len(edition.body.split()) >= 1100
    assert edition.citations.count() >= 6
    return client.get(edition.get_absolute_url()).content.decode()


def test_page_and_stylesheet_are_small(html):
    css = (settings.BASE_DIR / "static" / "css" / "site.css").read_bytes()
    assert len(gzip.compress(html.encode())) + len(gzip.compress(css)) <= MOST_BYTES


def test_page_loads_a_stylesheet_pictures_and_icons_of_this_site_and_nothing_else(html):
    loaded = ADDRESS.findall(NOT_LOADED.sub("", html))
    assert {tag for tag, _address in loaded} == {"link", "img"}
    assert all(address.startswith(("/", "http://testserver/")) for _tag, address in loaded)
    assert re.findall(r'rel="stylesheet" href="([^"]*)"', html) == ["/static/css/site.css"]
