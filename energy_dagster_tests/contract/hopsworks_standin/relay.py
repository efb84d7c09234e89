"""A relay of TCP connections that can cut them all."""

import contextlib
import socket
import struct
import threading
import time

CHUNK_BYTES = 65536
PORT_WAIT_SECONDS = 240.0
"""How long to wait for a port that another session of tests holds."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing breaks the connection instead of ending it."""


def _listener(port: int) -> socket.socket:
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError as error:
            listener.close()
            if time.monotonic() > deadline:
                raise TimeoutError(f"port {port} of this machine is not free after {PORT_WAIT_SECONDS:.0f} s") from error
            time.sleep(0.5)
        else:
            return listener


class Relay:
    """Takes the one port the client knows for itself (gRPC alone would share it silently) and passes bytes on to another."""

    def __init__(self, port: int) -> None:
        self.target_port = 0
        self._listener = _listener(port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection that is open now."""
        with self._lock:
            cut, self._open = self._open, set()
        for connection in cut:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close(self) -> None:
        """Take no more connections and break those that are open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:  # the server has gone: so does whoever asks for it
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                sink.sendall(chunk)
        for connection in (source, sink):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        with self._lock:
            self._open -= {source, sink}
