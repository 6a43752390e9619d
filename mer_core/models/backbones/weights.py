"""Where another team's pretrained weights lie on this machine, and how they come here when the user asks.

They are never part of this project: the user names their folder in MER_WEIGHTS, or lets them be fetched from where
their authors published them, and the digest says that they are the right ones.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from mer_core.errors import WeightsError
from mer_core.schema import Progress, silent

BLOCK = 1 << 16


def folder() -> Path:
    """MER_WEIGHTS, else weights/ beside the app's cache."""
    named = os.environ.get("MER_WEIGHTS", "")
    return Path(named) if named else Path.home() / ".cache" / "mer-explorer" / "weights"


@dataclass(frozen=True)
class Pretrained:
    """One published file."""

    title: str
    file: str
    bytes: int
    digest: str  # sha256, hex
    licence: str
    address: str

    @property
    def path(self) -> Path:
        return folder() / self.file

    def missing(self) -> str:
        """"" where the file is at hand, else a sentence: what is missing, how large, its licence, and what to do."""
        if self.path.is_file():
            return ""
        return (f"{self.title}, is not at hand: {self.file} ({self.size}, licence {self.licence}). Put it into "
                f"{folder()}, name another folder in MER_WEIGHTS, or have it fetched from {self.address}.")

    @property
    def size(self) -> str:
        return f"{self.bytes / 1e6:.1f} MB"

    def read(self) -> bytes:
        """The file's bytes; raises WeightsError where it is missing or another one."""
        if missing := self.missing():
            raise WeightsError(missing)
        raw = self.path.read_bytes()
        self._check(raw, str(self.path))
        return raw

    def download(self, *, progress: Progress = silent) -> Path:
        """Fetch the file into `folder`, because the user asked; raises WeightsError, and then nothing is kept."""
        progress(0.0, f"asking {self.address}")
        try:
            with urllib.request.urlopen(self.address, timeout=30) as answer:
                raw = self._taken(answer, progress)
        except (urllib.error.URLError, OSError) as error:
            raise WeightsError(f"{self.file} could not be fetched from {self.address}: {error}. Nothing was stored. "
                               f"Try again with a connection, or put the file into {folder()}.") from error
        self._check(raw, self.address)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".{os.getpid()}-{self.file}")
        part.write_bytes(raw)
        part.replace(self.path)
        progress(1.0, "fetched")
        return self.path

    def _taken(self, answer, progress: Progress) -> bytes:
        """At most a block more than the file's length: what is longer is another file."""
        taken = bytearray()
        while len(taken) <= self.bytes and (block := answer.read(BLOCK)):
            taken += block
            progress(min(0.99, len(taken) / self.bytes), f"fetching {self.file}, {self.size}, licence {self.licence}")
        return bytes(taken)

    def _check(self, raw: bytes, where: str) -> None:
        digest = hashlib.sha256(raw).hexdigest()
        if digest != self.digest:
            raise WeightsError(f"{where} is not the file that is known as {self.file}: {len(raw)} bytes, sha256 "
                               f"{digest[:12]}…, expected {self.bytes} bytes, {self.digest[:12]}…. It was not used.")
