"""gunicorn's threaded worker, which lets nobody wait for a client that is slow on purpose."""

import socket
import struct

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

# After so many seconds without a byte from a client, or without one that it takes, it is cut.
CLIENT_SECONDS = 10


class Worker(ThreadWorker):
    """Two things gunicorn 27 leaves open, each of which let a few clients hold up everybody (case A45).

    Its threads wait for the rest of a request, or for room for an answer, without any limit. And it
    says goodbye to a client in the one thread that serves all others, for two seconds when that client
    does not leave: here the client's own thread waits for it.
    """

    def handle(self, conn):
        limit = struct.pack("ll", CLIENT_SECONDS, 0)
        # In the kernel: gunicorn sets Python's own limit anew at each step.
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        result = super().handle(conn)
        if result is False:
            close_graceful(conn.sock)
            # Whatever the main thread does next, there is nothing left to close.
            conn.close = lambda graceful=False: None
        return result
