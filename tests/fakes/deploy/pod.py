"""What a pod is to a process: a file system of its own, on which nothing can be written."""

import os
import shutil
from pathlib import Path

_READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,bind,ro / || exit 1
while read -r _ at _; do
    case $at in
        / | /proc* | /sys* | /dev* | "$0") ;;
        *) mount -o remount,bind,ro "$at" 2>/dev/null ;;  # some of a container's own cannot be
    esac
done </proc/mounts
exec "$@"
"""


def in_a_pod(writable: Path, *argv: str | Path) -> tuple[str, ...]:
    """A command that runs another with all file systems read-only but for one folder.

    Needs Linux, and to be root or to be allowed namespaces of users.
    """
    return _mounting(_READ_ONLY, writable, argv)


def with_hosts(hosts: Path, *argv: str | Path) -> tuple[str, ...]:
    """A command that runs another with a table of hosts of its own."""
    return _mounting('mount --bind "$0" /etc/hosts && exec "$@"', hosts, argv)


def unshared(*argv: str | Path) -> tuple[str, ...]:
    """A command that runs another with mounts of its own; options of `unshare` may come first."""
    unshare = shutil.which("unshare")
    if unshare is None:
        raise RuntimeError("unshare is missing: it comes with util-linux")
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    return (unshare, "--mount", "--propagation", "private", *as_root, *map(str, argv))


def _mounting(script: str, what: Path, argv: tuple[str | Path, ...]) -> tuple[str, ...]:
    return unshared("sh", "-c", script, what, *argv)


def pods_environment(writable: Path) -> dict[str, str]:
    """The variables that tell where to write, as images and manifests set them."""
    return {"HOME": str(writable), "TMPDIR": str(writable), "PYTHONDONTWRITEBYTECODE": "1"}
