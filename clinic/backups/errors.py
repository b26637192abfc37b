"""How a backup and a restore fail."""


class BackupError(Exception):
    """A sentence for whoever runs the site."""


class DamagedError(BackupError):
    """The file is not a whole backup, or not any more."""
