"""Whether a file lies where another program copies it about, or on another computer's disk.

A database in use is three files that must change together. What copies them one by one, or locks them
over a network, can damage it. Told from the path, from what lies in the folders above, and from the list
of mounts (`/proc/mounts`).
"""

from __future__ import annotations

import os
import re

_NAMES: tuple[tuple[str, str], ...] = (
    # How a folder is named, whatever its case, and whose it is.
    (r"dropbox( \(.*\)|-.*)?", "Dropbox"),
    (r"onedrive( ?- ?.*)?", "OneDrive"),
    (r"(google ?drive|googledrive-.*|my drive)", "Google Drive"),
    (r"(icloud ?drive|icloud|com~apple~clouddocs|mobile documents)", "iCloud"),
    (r"(nextcloud|owncloud)", "Nextcloud"),
    (r"(pcloud ?drive|pcloud)", "pCloud"),
)
_MARKS = {
    # What lies in the top folder of each.
    ".stfolder": "Syncthing",
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".tmp.drivedownload": "Google Drive",
    ".sync": "Resilio Sync",
    ".owncloudsync.log": "Nextcloud",
}
_NETWORK = re.compile(
    r"(nfs4?|cifs|smb[23]?|smbfs|afs|ceph|glusterfs|lustre|beegfs|9p|davfs|vboxsf"
    r"|fuse\.(sshfs|rclone|davfs2?|s3fs|gvfsd-fuse|google-drive-ocamlfuse|onedriver|glusterfs|ceph))"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def synced_by(path: str, mounts: str = "") -> str | None:
    """What keeps the folder of a file in step elsewhere, as a person calls it; None: nothing known of.

    `mounts` is the text of `/proc/mounts`, empty where there is none.
    """
    whole = os.path.realpath(path)
    if path.startswith("\\\\") or whole.startswith("\\\\"):
        return "a network drive"
    kind = _file_system(whole, mounts)
    if kind is not None and _NETWORK.fullmatch(kind):
        return f"a network drive ({kind})"
    folder = os.path.dirname(whole)  # noqa: PTH120 - texts, as the other paths here
    while True:
        found = _of_folder(folder)
        if found is not None:
            return f"a folder of {found}"
        above = os.path.dirname(folder)  # noqa: PTH120 - as above
        if above == folder:
            return None
        folder = above


def _of_folder(folder: str) -> str | None:
    name = os.path.basename(folder).lower()  # noqa: PTH119 - as above
    for pattern, whose in _NAMES:
        if re.fullmatch(pattern, name):
            return whose
    return next((whose for mark, whose in _MARKS.items() if os.path.lexists(f"{folder}/{mark}")), None)


def _file_system(path: str, mounts: str) -> str | None:
    """The kind of file system a path is on: that of the longest mount point above it, the last of equals."""
    best, kind = -1, None
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), parts[1]).rstrip("/")
        if (path == point or path.startswith(f"{point}/")) and len(point) >= best:
            best, kind = len(point), parts[2]
    return kind
