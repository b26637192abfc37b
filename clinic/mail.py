"""How mail is sent: as EMAIL_URL says, and what is not taken is counted and logged."""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from clinic import metrics

logger = logging.getLogger(__name__)


class EmailBackend(BaseEmailBackend):
    """Whatever MAIL_BACKEND is, watched."""

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently)
        self.sender = get_connection(settings.MAIL_BACKEND, fail_silently=False, **options)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            return self.sender.send_messages(email_messages) or 0
        except OSError as error:  # SMTPException is one
            metrics.mails_failed.inc(len(email_messages))
            # No error: that would be mailed. Of the exception the kind alone, for its words name people.
            logger.warning("%d mails were not taken: %s", len(email_messages), type(error).__name__)
            if self.fail_silently:
                return 0
            raise
