"""Drafts kept as they are now, and compiled again from what was kept."""

from articles import drafts
from articles.drafts import Draft
from articles.models import SHOWN_TEXTS, Article, Author, Category, Edition, Picture, Snapshot, Treatment
from references.languages import localized


def take(draft: Draft) -> Snapshot:
    """Keep a draft's content. The same content is kept once."""
    snapshot, _is_new = Snapshot.objects.get_or_create(
        article=draft.edition.article,
        language=draft.edition.language,
        content_hash=draft.edition.content_hash,
        defaults={"content": drafts.content(draft)},
    )
    return snapshot


def compiled(snapshot: Snapshot) -> Draft:
    """The draft that was kept: its text, with authors, treatments and references as they are now.

    Where something it names has been deleted, its hash is another one.
    """
    content = snapshot.content
    edition = Edition(
        article=snapshot.article,
        language=snapshot.language,
        **{field: content.get(field, "") for field in SHOWN_TEXTS},
        author=Author.objects.filter(pk=content["author"]).first(),
        category=Category.objects.filter(pk=content["category"]).first(),
    )
    treatments = Treatment.objects.in_bulk(content["treatments"])
    related = Article.objects.in_bulk(content["related"])
    pictures = Picture.objects.in_bulk([pk for pk, _alt, _credit in content.get("pictures", [])])
    for pk, alt, credit in content.get("pictures", []):
        if pk in pictures:
            setattr(pictures[pk], localized("alt", snapshot.language), alt)
            pictures[pk].credit = credit
    return drafts.compile_edition(
        edition,
        pictures=pictures,
        treatments=[treatments[pk] for pk in content["treatments"] if pk in treatments],
        related=[related[pk] for pk in content["related"] if pk in related],
    )
