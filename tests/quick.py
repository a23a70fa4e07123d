"""What makes the tests quick and leaves what they prove as it is: where their stores lie, and whom they trust."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import certifi
import pytest

_END = "-----END CERTIFICATE-----\n"
_MEMORY = Path("/dev/shm")  # noqa: S108 (pytest makes a folder of its own in it)
_ENOUGH_BYTES = 8 << 30


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.basetemp and _roomy(_MEMORY):
        # Stores are written to memory: each commit waits for the disk, which costs more than what most of them write.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    if "SSL_CERT_FILE" not in os.environ:
        _trust_one(config)


def _roomy(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ENOUGH_BYTES
    except OSError:
        return False


def _trust_one(config: pytest.Config) -> None:
    """One certificate authority for the tests and all that they start, where the machine's own would be read.

    Reading all of them takes longer than most requests of a test, and each client that asks reads them anew. No test meets
    a server that one of them vouches for; a test with HTTPS of its own names its own authority.
    """
    folder = tempfile.TemporaryDirectory(prefix="fieldline-authority-")
    one = Path(folder.name) / "one.pem"
    one.write_text(Path(certifi.where()).read_text().split(_END)[0] + _END)
    os.environ["SSL_CERT_FILE"] = str(one)

    def forget() -> None:
        del os.environ["SSL_CERT_FILE"]
        folder.cleanup()

    config.add_cleanup(forget)
