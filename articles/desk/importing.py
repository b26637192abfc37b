"""A file, from Word or a text editor, becomes a draft."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from articles import desk, importing, manuscripts, pictures
from articles.desk import EditorRequest, looking_up
from articles.forms import ImportForm
from articles.importing import Imported, ImpossibleSlugError, UnknownLanguageError
from articles.manuscripts import ManuscriptError
from references.languages import localized

# What a page can show; the session that carries them has its limits, too.
MOST_NOTES = 100


def import_article(request: EditorRequest, context: dict[str, Any]) -> HttpResponse:
    form = ImportForm(desk.submitted(request), request.FILES or None)
    if form.is_valid() and (imported := stored(request, form)):
        tell(request, imported, form.cleaned_data["file"].name)
        # The article is stored now, whatever PubMed answers and however long it takes.
        looking_up.look_up(request, imported.cited)
        return redirect("admin:articles_article_change", imported.article.pk)
    context |= {"form": form, "title": _("Import an article")}
    return render(request, "admin/articles/article/import.html", context)


def stored(request: EditorRequest, form: ImportForm) -> Imported | None:
    """What the file became. None when nothing was stored: the form says why."""
    language, slug = form.cleaned_data["language"], form.cleaned_data["slug"]
    try:
        manuscript = manuscripts.parse_file(form.cleaned_data["file"].read(), language)
        with pictures.atomic():
            imported = importing.store(
                manuscript, language=language, slug=slug, may_replace=False, by=request.user
            )
            if not (imported.is_new or request.user.has_perm("articles.change_article")):
                raise PermissionDenied
            return imported
    except UnknownLanguageError as error:
        form.add_error("language", str(error))
    except ImpossibleSlugError as error:
        form.add_error("slug", str(error))
    except ManuscriptError as error:
        form.add_error("file", str(error))
    except ValidationError as error:
        about_slug = {localized("slug", code) for code in desk.LANGUAGE_NAMES}
        for name, reasons in error.message_dict.items():
            form.add_error("slug" if name in about_slug else "file", reasons)
    return None


def tell(request: EditorRequest, imported: Imported, file_name: str) -> None:
    text = _("Imported from %(file)s, in %(language)s. It is a draft: read it through before you publish.")
    language = dict(settings.LANGUAGES)[imported.language]
    desk.report(request, imported.article, text % {"file": file_name, "language": language})
    for note in imported.notes[:MOST_NOTES]:
        messages.warning(request, note)
    if len(imported.notes) > MOST_NOTES:
        rest = _("There is more to say (%(count)d): read the end of the text as well.")
        messages.warning(request, rest % {"count": len(imported.notes) - MOST_NOTES})
