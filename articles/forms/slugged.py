from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from articles.slugs import make_slug
from references.forms import VisibleModelForm
from references.languages import localized


class SluggedForm(VisibleModelForm):
    """A slug that is left empty is made from the name beside it."""

    slug_from = "name"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slug in self.slugs():
            self.fields[slug].required = False

    def slugs(self) -> dict[str, str]:
        """Each slug field of the form with the field it is made from."""
        pairs = {
            localized("slug", code): localized(self.slug_from, code) for code, _name in settings.LANGUAGES
        }
        return {slug: source for slug, source in pairs.items() if slug in self.fields}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for slug, source in self.slugs().items():
            if data.get(source) and slug in data and not data[slug]:
                data[slug] = make_slug(data[source])
                if not (data[slug] or self._meta.model._meta.get_field(slug).blank):
                    self.add_error(
                        slug, _("No address can be made of the name. Write one in the letters a-z.")
                    )
            if data.get(slug) and self.is_taken(slug, data[slug]):
                self.add_error(slug, _("Another one has this slug already. Choose a different one."))
        return data

    def is_taken(self, field: str, slug: str) -> bool:
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        return bool(others.filter(**{field: slug}).exists())
