"""Adding a reference: what an editor has of a work is looked up, and shown before anything is stored."""

import re
from contextlib import suppress
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from references import checking, citations, pacing, recognising, watching
from references.citations import Key
from references.forms import VisibleForm
from references.models import Reference
from references.recognising import Answer, claim
from references.watching import Round

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
# What is longer does not fit into an address.
LONGEST_HINT = 500


class AddForm(VisibleForm, forms.Form):
    written = forms.CharField(
        label=gettext_lazy("PubMed ID, DOI, PubMed address or the citation as you have it"),
        max_length=checking.LONGEST_CLAIM,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
        help_text=gettext_lazy("For example 34256014 or 10.1016/j.cell.2021.06.019, or a whole citation."),
    )


def add(request: HttpRequest, desk: ModelAdmin[Reference]) -> HttpResponse:
    """The page: what was typed is looked up; a button beside what was found adds it."""
    if not desk.has_add_permission(request):
        raise PermissionDenied
    to_field = request.POST.get(TO_FIELD_VAR) or request.GET.get(TO_FIELD_VAR, "")
    if to_field and not desk.to_field_allowed(request, to_field):
        raise PermissionDenied
    form = AddForm(request.POST if request.method == "POST" else None)
    answer = None
    if form.is_valid():
        written = form.cleaned_data["written"]
        key = chosen(request.POST.get("add", ""))
        if key:
            return added(request, desk, store(key, claim(written)))
        answer = recognising.look_up(written)
    else:
        form.fields["written"].widget.attrs["autofocus"] = True
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": _("Add reference"),
        "form": form,
        "answer": answer,
        "hint": hint(form.cleaned_data["written"], answer) if answer else "",
        "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
        "to_field": to_field,
        "may_see": desk.has_view_or_change_permission(request),
    }
    return TemplateResponse(request, "admin/references/reference/add.html", context)


def chosen(button: str) -> Key | None:
    """The key on the button that was pressed."""
    with suppress(citations.MalformedKeyError):
        return citations.read_key(button)
    return None


def added(request: HttpRequest, desk: ModelAdmin[Reference], reference: Reference) -> HttpResponse:
    desk.log_addition(request, reference, [{"added": {}}])
    if reference.trouble:
        text = _("%(work)s could not be checked now and stays unchecked. It will be tried again.")
        messages.warning(request, text % {"work": reference.keys[0]})
    return desk.response_add(request, reference)


def hint(written: str, answer: Answer) -> str:
    """What of it the form for a description by hand begins with, as the query of its address."""
    if answer.key and answer.key.kind == "doi":
        return urlencode({"doi": answer.key.value})
    if ADDRESS.fullmatch(written):
        return urlencode({"url": written})
    return urlencode({"claimed": claim(written)[:LONGEST_HINT]})


def store(key: Key, claimed: str) -> Reference:
    """Our reference to the work, made if there is none, with what was found. Safe to do twice."""
    Reference.objects.ensure([key])
    reference = Reference.objects.cited_by([key]).get()
    if claimed and not reference.claimed:
        reference.claimed = claimed
        reference.save(update_fields=["claimed"])
    if reference.checked_at is None:
        found = recognising.remembered(key)
        if found is None:
            list(watching.check([reference], patience=pacing.patience()))
        else:
            watching.write_down(reference, found, Round(pacing.patience()))
        reference.refresh_from_db()
    return reference
