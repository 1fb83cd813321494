"""Backups: making them, proving that they can be read, and bringing the site back from one."""
