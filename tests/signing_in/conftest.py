import pytest


@pytest.fixture(autouse=True)
def passwords_cost_little(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
