"""What does not get into the logs."""

import logging
import re

# A link for one reader (articles/guests.py), or for a new password: whoever has its token can use it.
TOKEN = re.compile(r"(/(?:preview|approval|password/reset/key)/)[^/\s?\"']+")


class WithoutTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = TOKEN.sub(r"\1…", record.getMessage()), ()
        return True
