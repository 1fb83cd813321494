"""What kind of disk a folder lies on, and whether it can be written to."""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# File systems whose locks another machine may not see; SQLite's write-ahead log breaks on them.
# fuseblk is a disk in this machine.
NETWORK = re.compile(r"nfs|cifs|smb|9p$|afs|ceph|gluster|lustre|ocfs2|gfs2|virtiofs|fuse(?!blk)")


def file_system_of(folder: Path, *, mounts: str) -> str:
    """Return the kind of file system that `folder` lies on, such as ext4.

    `mounts` is the text of /proc/self/mountinfo; '' when it does not tell.
    """
    found, length = "", 0
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4])
        # A later line is mounted over an earlier one.
        if folder.is_relative_to(point) and len(point) >= length:
            found, length = after.split()[0], len(point)
    return found


def is_on_network(folder: Path) -> bool:
    """Tell whether `folder` lies on another machine, or on a disk that may; False where nothing tells."""
    try:
        mounts = MOUNTS.read_text()
    except OSError:  # not Linux
        return False
    return bool(NETWORK.match(file_system_of(folder.resolve(), mounts=mounts)))


def can_be_written(folder: Path) -> bool:
    """Tell whether files can be made in `folder`, or `folder` itself where it is still missing."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
