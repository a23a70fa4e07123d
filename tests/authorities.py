"""One certificate authority for the tests and all that they start, where the machine's own would be read.

Reading all of them takes longer than most requests of a test, and each client that asks reads them anew. No test meets a
server that one of them vouches for; a test with HTTPS of its own names its own authority.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import certifi
import pytest

_END = "-----END CERTIFICATE-----\n"


def pytest_configure(config: pytest.Config) -> None:
    if "SSL_CERT_FILE" in os.environ:
        return
    folder = tempfile.TemporaryDirectory(prefix="fieldline-authority-")
    one = Path(folder.name) / "one.pem"
    one.write_text(Path(certifi.where()).read_text().split(_END)[0] + _END)
    os.environ["SSL_CERT_FILE"] = str(one)

    def forget() -> None:
        del os.environ["SSL_CERT_FILE"]
        folder.cleanup()

    config.add_cleanup(forget)
