"""Mail what waits to the editors who have asked for it. Once a week at most, however often it is run."""

import sys
from datetime import date, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.core.management import BaseCommand
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation

from articles.addresses import message_id
from articles.models import EditorSettings
from articles.worklist import mail, worklist


class Command(BaseCommand):
    help = "Mail the worklist to the editors who have asked for it and not had it this week."

    def handle(self, **_options: Any) -> None:
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        not_yet = Q(worklist_sent_on=None) | Q(worklist_sent_on__lt=monday)
        due = EditorSettings.objects.wanting_worklist().filter(not_yet).order_by("pk")
        sent = failed = 0
        for pk in due.values_list("pk", flat=True):
            try:
                sent += self.send(pk, not_yet, today, monday)
            except OSError as error:  # of the connection or, as SMTPException, of the mail server
                failed += 1
                self.stderr.write(f"A mail could not be sent: {error}")
        self.stdout.write(f"{sent} mails sent.")
        if failed:
            sys.exit(2)

    @transaction.atomic
    def send(self, pk: int, not_yet: Q, today: date, monday: date) -> int:
        """Mail one editor; the mails sent. A mail that fails leaves no trace, so it is tried again."""
        rows = EditorSettings.objects.select_related("user").filter(not_yet, pk=pk)
        editor = rows.select_for_update(of=("self",), skip_locked=True).first()
        if editor is None:  # another run has it
            return 0
        with translation.override(editor.language):
            sections = worklist(editor.user)
            if not sections:
                return 0
            subject, body = mail(sections)
        editor.worklist_sent_on = today
        editor.save(update_fields=["worklist_sent_on"])
        named = message_id("worklist", f"{monday:%Y%m%d}", editor.user_id)
        return EmailMessage(subject, body, to=[editor.user.email], headers={"Message-ID": named}).send()
