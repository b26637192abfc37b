from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from signing_in.models import Remembered, Session, SignInEntry


class Command(BaseCommand):
    help = "Delete what is over: ended sessions, counts of tries, and sign-ins of more than a year ago."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        Session.objects.filter(expire_date__lt=now).delete()
        Remembered.objects.filter(expires__lt=now).delete()
        SignInEntry.objects.over().delete()
