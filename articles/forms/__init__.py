"""Forms of the editors' desk."""

from articles.forms.authors import AuthorForm
from articles.forms.importing import ImportForm
from articles.forms.pictures import ALTS, PictureForm
from articles.forms.publishing import LanguagesForm, PublishForm, RemarksForm
from articles.forms.sharing import AskForm, DecisionForm, PreviewLinkForm
from articles.forms.slugged import SluggedForm
from articles.forms.writing import ArticleForm

__all__ = [
    "ALTS",
    "ArticleForm",
    "AskForm",
    "AuthorForm",
    "DecisionForm",
    "ImportForm",
    "LanguagesForm",
    "PictureForm",
    "PreviewLinkForm",
    "PublishForm",
    "RemarksForm",
    "SluggedForm",
]
