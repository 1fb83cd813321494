"""Write `.env` with fresh secrets, once. Run as `python -m clinic_site.write_env`.

With `backup-key` it writes nothing and prints a line for an `.env` from before there were backups.
An existing file is never touched: its keys open the data that is already stored.
"""

import os
import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet
from pyrage import x25519

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"


def env_text() -> str:
    """Return the text of a new `.env` file with its own random secrets."""
    return (
        "# Written once by `make run`. Keep a copy in a safe place: without FIELD_KEYS the names and\n"
        "# phone numbers in the database cannot be read. Every setting is explained in .env.example.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        f"FIELD_KEYS={Fernet.generate_key().decode()}\n"
        f"LOOKUP_KEY={secrets.token_urlsafe(32)}\n"
        "# Opens the backups: a copy of this file beside the backups, or only on this machine, is worth nothing.\n"
        f"{backup_key_line()}\n"
    )


def backup_key_line() -> str:
    """Return a line with a new key for backups."""
    return f"BACKUP_KEY={x25519.Identity.generate()}"


def main() -> None:
    if sys.argv[1:] == ["backup-key"]:
        print(backup_key_line())
        return
    if ENV_FILE.exists():
        return
    # Readable by its owner alone from the first byte.
    descriptor = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(env_text())
    print("Wrote new secrets to .env")


if __name__ == "__main__":
    main()
