import pytest


@pytest.fixture(autouse=True)
def passwords_cost_little(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def visitors_read_english(settings):
    settings.LANGUAGE_CODE = "en"
