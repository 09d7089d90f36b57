"""Secrets as Kubernetes mounts them."""

from pathlib import Path

from switchyard_common.settings import TlsFiles


class Mount:
    """A folder as Kubernetes mounts a secret: the names are links over one that is swapped."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._version = 0

    def put(self, files: TlsFiles) -> None:
        """Take over other files, all in one moment."""
        self._version += 1
        new = self.folder / f"..{self._version}"
        new.mkdir()
        for name, source in (("tls.crt", files.cert), ("tls.key", files.key), ("ca.crt", files.ca)):
            (new / name).write_bytes(source.read_bytes())
        link = self.folder / "..new"
        link.symlink_to(new.name)
        link.rename(self.folder / "..data")
        if self._version == 1:
            for name in ("tls.crt", "tls.key", "ca.crt"):
                (self.folder / name).symlink_to(f"..data/{name}")
