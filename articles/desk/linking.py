"""What to link to: articles that readers find in a language."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils.translation import gettext as _

from articles.desk import LANGUAGE_NAMES
from articles.models import Edition

MOST = 12
MOST_WORDS = 10


def find(request: HttpRequest) -> HttpResponse:
    """Articles online in the language whose title has every word: their titles and addresses.

    The address is the one of the language, not the permalink: that would follow the language of the
    reader's browser, and lead a Dane who reads English out of the English pages. An address whose
    slug changes later leads on.
    """
    language = request.GET.get("language", "")
    if language not in LANGUAGE_NAMES:
        return HttpResponseBadRequest(_("Send the words and their language."))
    editions = Edition.objects.current().in_language(language).for_list().newest_first()
    for word in request.GET.get("q", "").replace("\0", " ").split()[:MOST_WORDS]:
        editions = editions.filter(title__icontains=word)
    found = [{"title": edition.title, "address": edition.get_absolute_url()} for edition in editions[:MOST]]
    return JsonResponse({"articles": found})
