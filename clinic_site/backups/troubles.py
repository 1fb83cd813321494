"""What can go wrong with a backup, each under a name of its own. The texts are for people and name nobody.

The name of the class is what a job's row keeps: `core.backup_status` says it in words.
"""


class BackupTrouble(Exception):
    """Something about a backup went wrong; the text says what, and what to do."""


class NoKey(BackupTrouble):
    """BACKUP_KEY is missing or is no age identity."""


class AlreadyRunning(BackupTrouble):
    """Another process makes, checks or restores a backup in the same folder."""


class DiskFull(BackupTrouble):
    """There was no room for the backup. What was there before is untouched."""


class NotWritten(BackupTrouble):
    """The folder of the backups cannot be used."""


class DatabaseUnreadable(BackupTrouble):
    """The database could not be copied, or its copy is not sound."""


class ToolMissing(BackupTrouble):
    """PostgreSQL's own programs are missing, or older than the server."""


class CopyFailed(BackupTrouble):
    """The backup lies here, but the copy did not reach BACKUP_COPY_URL."""


class NoBackup(BackupTrouble):
    """There is no backup to read."""


class EmptyBackup(BackupTrouble):
    """The file holds nothing."""


class WrongKey(BackupTrouble):
    """No key of BACKUP_KEY opens the file."""


class DamagedBackup(BackupTrouble):
    """The file is cut off, was changed, or never was a backup."""


class NotTheSame(BackupTrouble):
    """What comes out of the backup is not what its manifest says went in."""


class FieldKeysDoNotFit(BackupTrouble):
    """FIELD_KEYS cannot open the personal fields in the backup."""


class PicturesMissing(BackupTrouble):
    """Some pictures could not be read when the backup was made."""


class InTheWay(BackupTrouble):
    """The database here must not be replaced, or somebody is using it."""


class RestoreFailed(BackupTrouble):
    """The database did not take the backup. It is as it was before."""
