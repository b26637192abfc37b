from modeltranslation.translator import TranslationOptions, register

from references.models import Reference


@register(Reference)
class ReferenceTranslation(TranslationOptions):
    fields = ("plain_summary",)
