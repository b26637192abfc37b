from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError, CommandParser

from signing_in import factors


class Command(BaseCommand):
    help = "Take away the second factors of somebody who has lost them, and sign the account out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username!r}.")
        if factors.reset(user):
            self.stdout.write(f"{username} signs in with the password alone, once, and sets up a new one.")
        else:
            self.stdout.write(f"{username} had none. The account is signed out everywhere.")
