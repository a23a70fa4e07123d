"""An HTTPS proxy on loopback, behind which the stand-in has the address that an org has.

There are clients that speak nothing but https, and clients that take no address outside salesforce.com. As programs in
a company network do, they are sent through a proxy; this one ends the encryption itself and goes on to the stand-in.
No name is ever looked up: the proxy knows one host, and refuses every other.
"""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 65_536
_HEAD_MAX = 8_192


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.host, self.port, self.context = host, port, context


class _Connection(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        # Either side may leave at any moment; a client that does not trust the certificate does so at once.
        with contextlib.suppress(OSError):
            asked = _asked(self.request)
            if asked != f"CONNECT {self.server.host}:443":
                self.request.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                self.server.context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", self.server.port)) as standin,
            ):
                _relay(client, standin)


def _asked(connection: socket.socket) -> str:
    """Method and target of the request that opens a tunnel; the client says nothing more until it is answered."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_MAX:
        received = connection.recv(_CHUNK)
        if not received:
            break
        head += received
    return head.partition(b"\r\n")[0].decode("latin-1").rpartition(" ")[0]


def _relay(client: ssl.SSLSocket, standin: socket.socket) -> None:
    """Pass on what either side sends, until one of them leaves."""
    while True:
        # What has been decrypted already makes no socket readable.
        ready = [client] if client.pending() else select.select([client, standin], [], [])[0]
        for each in ready:
            received = each.recv(_CHUNK)
            if not received:
                return
            (standin if each is client else client).sendall(received)


@contextlib.contextmanager
def tunnel(host: str, port: int, certificate: Path) -> Iterator[str]:
    """A proxy through which `https://{host}` is what listens on the loopback `port`; gives the proxy's address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _Server(host, port, context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="tunnel", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
