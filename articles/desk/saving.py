"""What an editor is told of the texts when an article is saved."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import drafts, preflight
from articles.desk import LANGUAGE_NAMES
from articles.models import Article
from articles.preflight import Finding

# Of one language; a text from elsewhere may have very many.
MOST_SAID = 5


def tell_errors(request: HttpRequest, article: Article) -> None:
    """Say which citations, pictures and links keep the article from being published."""
    for language in article.languages:
        if not article.text("body", language).strip():
            continue
        found = preflight.findings(drafts.compile(article, language), rules=preflight.OF_TEXT)
        errors = [finding for finding in found if finding.is_error]
        for error in errors[:MOST_SAID]:
            messages.warning(request, f"{place(error, language)}: {error.text}")
        if (more := len(errors) - MOST_SAID) > 0:
            text = ngettext(
                "%(language)s: there is %(count)d more error. Mend these first, and save again.",
                "%(language)s: there are %(count)d more errors. Mend these first, and save again.",
                more,
            )
            messages.warning(request, text % {"language": LANGUAGE_NAMES[language], "count": more})


def place(error: Finding, language: str) -> str:
    """Where it is: language, line and what stands there, as far as that is known."""
    line = [_("line %(line)d") % {"line": error.line}] if error.line else []
    return ", ".join(
        [str(LANGUAGE_NAMES[language]), *line, *(f"“{quote}”" for quote in error.quotes if quote)]
    )
