import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def clock():
    """It stands: a code is not to run out on its way."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture(autouse=True)
def passwords_cost_little(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def visitors_read_english(settings):
    settings.LANGUAGE_CODE = "en"
