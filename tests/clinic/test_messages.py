import gettext
from io import BytesIO

import pytest
from babel.messages.mofile import write_mo

from clinic import messages

catalogues = pytest.mark.parametrize("language", messages.LANGUAGES)


def ids(catalogue):
    return {message.id for message in catalogue if message.id}


@catalogues
def test_catalogue_has_every_sentence_and_no_other(language):
    assert ids(messages.read_catalogue(language)) == ids(messages.collect())


@catalogues
def test_every_sentence_is_translated(language):
    assert messages.untranslated(messages.read_catalogue(language)) == []


@catalogues
def test_translations_keep_their_placeholders(language):
    catalogue = messages.read_catalogue(language)
    assert [str(error) for message in catalogue for error in message.check(catalogue)] == []


@catalogues
def test_compiled_catalogue_is_of_this_text(language):
    path = messages.catalogue_path(language)
    fresh = BytesIO()
    write_mo(fresh, messages.read_catalogue(language))
    fresh.seek(0)
    with path.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled)._catalog == gettext.GNUTranslations(fresh)._catalog
