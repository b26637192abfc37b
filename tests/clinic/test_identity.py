import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from clinic import checks, identity
from clinic.identity import Clinic, contrast


@pytest.fixture
def folder(tmp_path):
    def write(text):
        (tmp_path / "clinic.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_clinic_is_what_its_file_says(folder):
    clinic = identity.load(
        folder(
            'name = "Prøveklinikken"\naddress = ["Prøvevej 1"]\nphone = "+45 12 34 56 78"\n'
            '[privacy]\nda = "https://klinik.example/privatliv"\n'
            '[[emergency]]\nnumber = "112"\nda = "ved livsfare"\n'
        )
    )
    assert (clinic.name, clinic.address, clinic.phone_href) == (
        "Prøveklinikken",
        ("Prøvevej 1",),
        "tel:+4512345678",
    )
    with translation.override("da"):
        assert clinic.privacy_url == "https://klinik.example/privatliv"
        assert [(entry.number, entry.when) for entry in clinic.emergency] == [("112", "ved livsfare")]
    with translation.override("en"):
        assert clinic.privacy_url == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not say name"),
        ("name = ", "not right"),
        ('name = "x"\ntelefon = "1"', "telefon"),
        ('name = "x"\n[colours.light]\naccent = "red;}"', "colours.light.accent"),
        ('name = "x"\n[colours.sepia]\naccent = "#000000"', "colours.sepia"),
        ('name = "x"\n[[emergency]]\nda = "ved livsfare"', "does not say number"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(folder, text, reason):
    with pytest.raises(ImproperlyConfigured, match=reason):
        identity.load(folder(text))


def test_missing_file_is_said(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        identity.load(tmp_path)


def test_colours_go_into_the_page(client, settings, db):
    settings.CLINIC = Clinic("x", colours={"light": {"accent": "#00405a"}, "dark": {"accent": "#9adcff"}})
    page = client.get("/da/blog/").content.decode()
    assert "<style>:root{--light-accent:#00405a;--dark-accent:#9adcff;}</style>" in page


def test_page_without_colours_of_its_own_has_no_style(client, db):
    assert "<style" not in client.get("/da/blog/").content.decode()


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_faint_colours_are_an_error_of_the_check(settings):
    settings.CLINIC = Clinic("x", colours={"light": {"accent": "#777777", "ink": "#000000"}})
    assert [error.id for error in checks.colours_can_be_read()] == ["clinic.E001"]


def test_new_paper_is_compared_with_the_other_colours_as_they_are(settings):
    settings.CLINIC = Clinic("x", colours={"dark": {"paper": "#777777"}})
    assert settings.CLINIC.illegible() == ["dark.ink", "dark.accent"]


def test_the_clinics_own_colours_can_be_read():
    assert checks.colours_can_be_read() == []
    assert settings.CLINIC.name


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://blog.example", []),
        ("https://blog.example:8443", []),
        ("http://blog.example", ["clinic.E003"]),
        ("https://localhost", ["clinic.E003"]),
        ("https://*", ["clinic.E003"]),
        ("https://blog.example/blog", ["clinic.E003"]),
        ("blog.example", ["clinic.E003"]),
    ],
)
def test_site_without_an_address_is_an_error_of_the_check(settings, address, found):
    settings.SITE_URL = address
    assert [error.id for error in checks.site_has_an_address()] == found
