"""Storing a manuscript as the working copy of an article."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import images, pictures, revising
from articles.manuscripts import ListedReference, Manuscript, ManuscriptError, SentPicture, in_language
from articles.manuscripts.escaping import escaped_inline
from articles.manuscripts.manuscript import shortened
from articles.models import Article, Author, Category, Picture, Treatment
from articles.slugs import make_slug
from references import citations
from references.characters import without_hidden
from references.citations import Key
from references.languages import localized, translated
from references.models import Reference

Named = TypeVar("Named", Category, Treatment)

# Seconds for the pictures of a file, at the desk: a request has thirty, and each takes one or two.
LONGEST_PREPARING = 12.0

# Stands where a picture was, in the language of the text.
PICTURE = {"da": "Billede", "en": "Picture"}


class UnknownLanguageError(ManuscriptError):
    """Nobody said which language the text is in."""


class ImpossibleSlugError(ManuscriptError):
    """The article can have no such address: there is none, or a text stands there already."""


@dataclass
class Imported:
    """What became of a manuscript. `notes` are sentences for whoever imported it."""

    article: Article
    language: str
    is_new: bool
    notes: list[str] = field(default_factory=list)

    @property
    def cited(self) -> list[Key]:
        return citations.keys(self.article.text("body", self.language))


@pictures.atomic()
def store(
    manuscript: Manuscript,
    *,
    language: str = "",
    slug: str = "",
    may_replace: bool = True,
    by: User | None = None,
) -> Imported:
    """Store the manuscript as one language of an article; no edition is made.

    An article that has the slug in this language already is updated, and so is the one the
    manuscript says it is a translation of. What the manuscript does not say stays as it is.

    Authors, categories, treatments and pictures that are new, and what is said of references, are
    stored for those who may do that by hand; for others a note says what was left out. Without
    anybody signed in, a command stores everything.

    Raises ManuscriptError when it is not said which language it is, or what it translates is unknown,
    and ImpossibleSlugError when a text would be replaced that may not be.
    """
    language = chosen_language(manuscript, language)
    slug = chosen_slug(manuscript, slug)
    article, is_new = find_or_start(manuscript, language, slug)
    if article.has_text_in(language) and not may_replace:
        raise ImpossibleSlugError(
            _("The article “%(title)s” is written in that language already. Give another slug.")
            % {"title": article.text("title", language) or article}
        )
    imported = Imported(article, language, is_new)
    texts = {
        "title": manuscript.title,
        "slug": slug,
        "abstract": manuscript.abstract,
        "body": with_pictures(manuscript, language, by, imported.notes),
    }
    for name, text in texts.items():
        setattr(article, localized(name, language), without_hidden(text))
    if manuscript.seek_help:
        setattr(article, localized("seek_help", language), without_hidden(manuscript.seek_help))
    if manuscript.author:
        article.author = find_or_create_author(manuscript, language, by, imported.notes) or article.author
    if manuscript.category:
        category = find_or_create(Category, manuscript.category, language, by, imported.notes)
        article.category = category or article.category
    if manuscript.published_on:
        article.published_on = manuscript.published_on
    article.full_clean(exclude=["treatments", "related"])
    article.save()
    if manuscript.treatments:
        named = [
            find_or_create(Treatment, name, language, by, imported.notes) for name in manuscript.treatments
        ]
        article.treatments.set(treatment for treatment in named if treatment)
    if manuscript.related:
        relate(article, manuscript.related, imported.notes)
    revising.record(article, by=by, comment=_("Imported."))
    for listed in manuscript.references:
        store_reference(listed, by, imported.notes)
    Reference.objects.ensure(imported.cited)
    imported.notes += [problem.sentence for problem in manuscript.problems]
    return imported


def with_pictures(manuscript: Manuscript, language: str, by: User | None, notes: list[str]) -> str:
    """The body with its pictures, or with a line where one was that could not be kept."""
    body = manuscript.body
    without_alt = 0
    begun = monotonic()
    for number, picture in enumerate(manuscript.pictures, start=1):
        try:
            if not may(by, "articles.add_picture"):
                raise images.Refused(_("Your account may not add pictures. Ask an editor."))
            if by and number > 1 and monotonic() - begun > LONGEST_PREPARING:
                raise images.Refused(
                    _("The file has too many for one go. Insert this one in the text yourself.")
                )
            shown = kept(picture, language, by)
            without_alt += not picture.alt
        except images.Refused as refusal:
            note = _("Picture %(number)d of the file was not taken over: %(why)s")
            notes.append(note % {"number": number, "why": refusal})
            text = f"[{in_language(PICTURE, language)} {number}{': ' * bool(picture.alt)}{picture.alt}]"
            shown = escaped_inline(text).replace("|", r"\|")
        body = body.replace(picture.token, shown)
    if without_alt:
        notes.append(
            ngettext(
                "%(count)d picture has no description. Write one under Pictures.",
                "%(count)d pictures have no description. Write them under Pictures.",
                without_alt,
            )
            % {"count": without_alt}
        )
    return body


def kept(sent: SentPicture, language: str, by: User | None) -> str:
    """Store a picture of the file; answers with the Markdown that shows it. Raises images.Refused."""
    renditions = images.renditions(sent.data)
    column = localized("alt", language)
    longest = getattr(Picture._meta.get_field(column), "max_length", None)
    picture = Picture(**{column: sent.alt[:longest]}, uploaded_by=by)
    pictures.store(picture, renditions)
    return f"![](picture:{picture.pk})"


def chosen_language(manuscript: Manuscript, language: str) -> str:
    language = language or manuscript.language
    if language not in dict(settings.LANGUAGES):
        raise UnknownLanguageError(_("Say which language the text is in: the file does not."))
    return language


def chosen_slug(manuscript: Manuscript, slug: str) -> str:
    slug = slug or manuscript.slug or make_slug(manuscript.title)
    if not slug:
        raise ImpossibleSlugError(_("No address can be made from the title: give a slug."))
    return slug


def find_or_start(manuscript: Manuscript, language: str, slug: str) -> tuple[Article, bool]:
    """The article the manuscript belongs to, locked, or a new one; and whether it is new."""
    articles = Article.objects.all()
    article = articles.filter(**{localized("slug", language): slug}).first()
    if article is None and manuscript.translation_of:
        article = articles.filter(has_slug(manuscript.translation_of)).first()
        if article is None:
            raise ManuscriptError(
                _("It is a translation of “%(slug)s”, but no article has that slug. Import that first.")
                % {"slug": manuscript.translation_of}
            )
    if article is None:
        return Article(original_language=language), True
    return revising.lock(article.pk), False


def has_slug(slug: str) -> Q:
    """Articles that have the slug in any language."""
    condition = Q()
    for code, _name in settings.LANGUAGES:
        condition |= Q(**{localized("slug", code): slug})
    return condition


def may(by: User | None, permission: str) -> bool:
    return by is None or by.has_perm(permission)


def find_or_create_author(
    manuscript: Manuscript, language: str, by: User | None, notes: list[str]
) -> Author | None:
    # Locked: saving it writes the name of its photo, which is not to be exchanged meanwhile.
    author = Author.objects.select_for_update().filter(name__iexact=manuscript.author).first()
    if author and (not manuscript.author_title or translated(author, "title", language)):
        return author
    if author and not may(by, "articles.change_author"):
        text = _("%(name)s stays without the title “%(title)s”: your account may not change authors.")
        notes.append(text % {"name": author.name, "title": shortened(manuscript.author_title)})
        return author
    if author is None:
        if not may(by, "articles.add_author"):
            notes.append(left_out(Author, manuscript.author))
            return None
        author = Author(name=manuscript.author, slug=make_slug(manuscript.author))
        notes.append(_("New author: %(name)s") % {"name": author.name})
    if manuscript.author_title:
        setattr(author, localized("title", language), manuscript.author_title)
    save_named(author, manuscript.author)
    return author


def find_or_create(
    model: type[Named], name: str, language: str, by: User | None, notes: list[str]
) -> Named | None:
    """The category or treatment of that name in the language; a new one is said, or that it was left out."""
    found = model.objects.filter(**{f"{localized('name', language)}__iexact": name}).first()
    if found is not None:
        return found
    if not may(by, f"articles.add_{model._meta.model_name}"):
        notes.append(left_out(model, name))
        return None
    new = model(**{localized("name", language): capfirst(name), localized("slug", language): make_slug(name)})
    save_named(new, name, exclude=["name", "slug"])  # which stand for the active language's
    notes.append(_("New %(kind)s: %(name)s") % {"kind": model._meta.verbose_name, "name": capfirst(name)})
    return new


def left_out(model: type[Author | Category | Treatment], name: str) -> str:
    text = _("Left out (%(kind)s): %(name)s. There is none of that name, and your account may not add one.")
    return text % {"kind": model._meta.verbose_name, "name": shortened(name)}


def save_named(named: Author | Category | Treatment, name: str, exclude: Sequence[str] = ()) -> None:
    """Save what the manuscript names, or say why that cannot be."""
    try:
        named.full_clean(exclude=exclude)
    except ValidationError as error:
        raise ManuscriptError(
            _("“%(name)s” cannot be the name of what it stands for (%(kind)s). %(reasons)s")
            % {"name": shortened(name), "kind": named._meta.verbose_name, "reasons": " ".join(error.messages)}
        ) from error
    named.save()


def relate(article: Article, slugs: tuple[str, ...], notes: list[str]) -> None:
    """Point the article to others, named by a slug in any language."""
    others = {slug: Article.objects.filter(has_slug(slug)).first() for slug in slugs}
    article.related.set(other for other in others.values() if other and other != article)
    notes += [
        _("Related article not found: %(slug)s") % {"slug": slug}
        for slug, other in others.items()
        if other is None
    ]


def store_reference(listed: ListedReference, by: User | None, notes: list[str]) -> None:
    """Keep what the author wrote of a work, to be compared with PubMed's record."""
    key = citations.pmid(listed.pmid) if listed.pmid else citations.doi(listed.doi)
    is_new = not Reference.objects.cited_by([key]).exists()
    Reference.objects.ensure([key])
    reference = Reference.objects.by_key([key])[key]
    if not (is_new or may(by, "references.change_reference")):
        if listed.claimed and listed.claimed != reference.claimed:
            text = _("%(reference)s stays described as it was: your account may not change references.")
            notes.append(text % {"reference": reference.keys[0]})
        return
    if reference.claimed and listed.claimed and reference.claimed != listed.claimed:
        notes.append(
            _("%(reference)s was described before as: %(claimed)s")
            % {"reference": reference.keys[0], "claimed": reference.claimed}
        )
    reference.claimed = listed.claimed or reference.claimed
    reference.save()
