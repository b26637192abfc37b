"""Uploaded files in an S3 bucket, for whoever has set one: nothing else loads its libraries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

# Seconds. Somebody waits for the page that stores a picture, and gunicorn kills what takes half a minute.
PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
NOT_THERE = {"404", "NoSuchKey"}


class Bucket(S3Storage):
    """A bucket that fails as a disk does: soon, and with an OSError."""

    client_config: Config

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = self.client_config.merge(PATIENCE)

    def _open(self, name: str, mode: str = "rb") -> Any:
        with failing_as_a_disk():
            file = super()._open(name, mode)
            if "r" in mode:
                file.open()  # all of it, now
            return file

    def _save(self, name: str, content: Any) -> Any:
        with failing_as_a_disk():
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        with failing_as_a_disk():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with failing_as_a_disk():
            return bool(super().exists(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with failing_as_a_disk():
            folders, files = super().listdir(name)
            return folders, files

    def get_modified_time(self, name: str) -> datetime:
        with failing_as_a_disk():
            at: datetime = super().get_modified_time(name)
            return at


@contextmanager
def failing_as_a_disk() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOT_THERE:
            raise FileNotFoundError(f"The bucket has no such file: {error}") from error
        raise OSError(f"The bucket refuses it: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"The bucket does not answer: {error}") from error
