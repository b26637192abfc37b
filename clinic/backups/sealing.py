"""Encryption as a stream, in the format of age. With a public key: the server cannot read its backups."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyrage

from clinic.backups.errors import BackupError, DamagedError

HEADER = b"age-encryption.org/v1"


def recipients(keys: Sequence[str]) -> list[Any]:
    try:
        return [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError as error:
        raise BackupError("BACKUP_PUBLIC_KEYS has to be public keys of age: age1…") from error


def identities(paths: Sequence[Path]) -> list[Any]:
    """The secret keys in files as age-keygen writes them."""
    try:
        lines = [line.strip() for path in paths for line in path.read_text().splitlines()]
        return [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupError(f"The key cannot be read: {error}") from error


@contextmanager
def sealed(file: IO[bytes], to: Sequence[Any]) -> Iterator[IO[bytes]]:
    """A stream whose content arrives in the file encrypted; as it is, where there is nobody to encrypt to."""
    if not to:
        yield file
        return
    read_end, write_end = os.pipe()
    source, stream = os.fdopen(read_end, "rb"), os.fdopen(write_end, "wb")
    failure = Worker(lambda: pyrage.encrypt_io(source, file, list(to)), source)
    try:
        with stream:
            yield stream
    finally:
        failure.join()
        if failure.error is not None:
            raise BackupError(f"The backup could not be written: {failure.error}") from failure.error


@contextmanager
def opened(path: Path, with_keys: Sequence[Any]) -> Iterator[IO[bytes]]:
    """The tar of a backup as a stream. Raises BackupError without the right key, DamagedError at its end."""
    with path.open("rb") as file:
        is_encrypted = file.read(len(HEADER)) == HEADER
        file.seek(0)
        if not is_encrypted:
            yield file
            return
        if not with_keys:
            raise BackupError(
                f"{path.name} is encrypted: name the file with the secret key, --identity FILE."
            )
        read_end, write_end = os.pipe()
        stream, target = os.fdopen(read_end, "rb"), os.fdopen(write_end, "wb")
        failure = Worker(lambda: pyrage.decrypt_io(file, target, list(with_keys)), target)
        try:
            with stream:
                yield stream
        finally:
            failure.join()
            if failure.error is not None and not failure.was_left:
                raise why(path, failure.error) from failure.error


def why(path: Path, error: BaseException) -> BackupError:
    if "No matching keys" in str(error):
        return BackupError(f"{path.name} is encrypted for another key.")
    return DamagedError(f"{path.name} is damaged, or not complete: {error}.")


class Worker(threading.Thread):
    """Does one thing beside us, then closes its end of the pipe; `error` is what went wrong."""

    def __init__(self, deed: Callable[[], None], end: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.deed, self.end = deed, end
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.deed()
        except BaseException as error:  # noqa: BLE001 - told to whoever joins
            self.error = error
        try:
            self.end.close()
        except OSError as error:
            self.error = self.error or error

    @property
    def was_left(self) -> bool:
        """Whether the other end stopped reading, which has its own reason."""
        return isinstance(self.error, BrokenPipeError)
