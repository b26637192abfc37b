"""The tar of a backup: written and read as a stream, each member with its checksum."""

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import IO, Any

from clinic.backups.errors import BackupError, DamagedError

MEDIA, DATABASE, MANIFEST = "media/", "database/", "manifest.json"
FORMAT = 1
PART = 8 * 1024 * 1024  # bytes of the dump in one member: a tar has to know the size of each beforehand
LARGEST = 256 * 1024 * 1024  # bytes of a member
# What a member may be called: nothing that leads out of where files are kept.
NAME = re.compile(rf"{MEDIA}(?!\.)[^/\\\0]+(/(?!\.)[^/\\\0]+)*|{DATABASE}[0-9]{{8}}|{re.escape(MANIFEST)}")


@dataclass
class Manifest:
    made_at: str
    server: int
    """The major version of PostgreSQL."""
    migrations: list[str]
    missing: list[str]
    """Files that rows named and that were not in the storage."""
    members: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Size and SHA-256 of each."""
    format: int = FORMAT

    @property
    def media(self) -> list[str]:
        return [name.removeprefix(MEDIA) for name in self.members if name.startswith(MEDIA)]


class Writer:
    def __init__(self, stream: IO[bytes], manifest: Manifest) -> None:
        self.stream = stream
        self.manifest = manifest

    def add(self, name: str, content: bytes) -> None:
        self.manifest.members[name] = (len(content), sha256(content).hexdigest())
        self.put(name, content)

    def add_dump(self, dump: IO[bytes]) -> None:
        number = 0
        while part := dump.read(PART):
            number += 1
            self.add(f"{DATABASE}{number:08}", part)

    def close(self) -> None:
        """The manifest comes last: a file without one is not whole."""
        values = asdict(self.manifest)
        self.put(MANIFEST, written(values | {"checksum": checksum(values)}))
        self.stream.write(bytes(2 * tarfile.BLOCKSIZE))

    def put(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self.stream.write(member.tobuf(tarfile.PAX_FORMAT))
        self.stream.write(content)
        self.stream.write(bytes(-len(content) % tarfile.BLOCKSIZE))


def written(values: dict[str, Any]) -> bytes:
    return json.dumps(values, indent=1).encode()


def checksum(values: dict[str, Any]) -> str:
    """Of what a manifest says, but for this."""
    return sha256(written(values)).hexdigest()


def members(stream: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Every member in order, the manifest last. Reads to the end. Raises DamagedError."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                is_ours = member.isreg() and member.size <= LARGEST and NAME.fullmatch(member.name)
                file = tar.extractfile(member) if is_ours else None
                if file is None:
                    raise DamagedError(f"{member.name!r} is no part of a backup.")
                yield member.name, file.read()
    except (tarfile.TarError, EOFError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise DamagedError(f"The backup is damaged, or not complete: {error}.") from error
    while rest := stream.read(65536):
        if rest.strip(b"\0"):
            raise DamagedError("There is something behind the end of the backup.")


def check(stream: IO[bytes]) -> Manifest:
    """Read all of it and compare every checksum. Raises DamagedError, and BackupError for another format."""
    found: dict[str, tuple[int, str]] = {}
    last = b""
    for name, content in members(stream):
        if name in found:
            raise DamagedError(f"{name} is in the backup twice.")
        found[name] = (len(content), sha256(content).hexdigest())
        last = content if name == MANIFEST else b""
    manifest = read_manifest(last)
    del found[MANIFEST]
    for name in sorted(found.keys() | manifest.members.keys()):
        if found.get(name) != manifest.members.get(name):
            raise DamagedError(f"{name} is not what it was when the backup was made.")
    if list(found) != list(manifest.members):
        raise DamagedError("The parts of the backup are not in their order.")
    return manifest


def read_manifest(content: bytes) -> Manifest:
    if not content:
        raise DamagedError("The backup is not complete: its end is missing.")
    try:
        values: dict[str, Any] = json.loads(content)
        if values["format"] != FORMAT:
            raise BackupError(f"The backup has the format {values['format']}, this version reads {FORMAT}.")
        if "checksum" in values and values.pop("checksum") != checksum(values):  # the first ones had none
            raise DamagedError("The manifest is not what it was when the backup was made.")
        values["members"] = {name: (size, digest) for name, (size, digest) in values["members"].items()}
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError("The manifest of the backup cannot be read.") from error
