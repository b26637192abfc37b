"""The database and the uploaded files in one file, as they were at one moment; and back.

A backup is a tar: `media/…`, the parts of pg_dump's archive as `database/…`, and last `manifest.json`,
which has the checksum of each. Encrypted, it is a file of age (age-encryption.org) that holds the tar.
"""
