"""A name server on loopback, for UDP and TCP."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

__all__ = ["HEALTHY_ZONE", "Zone", "serving"]

Zone = Mapping[str, Sequence[str]]
"""The values of records by name and type: `{"example.com TXT": ['"v=spf1 -all"']}`."""
HEALTHY_ZONE: Zone = {
    "mail.example.com MX": ["10 feedback-smtp.us-east-1.amazonses.com."],
    "mail.example.com TXT": ['"v=spf1 include:amazonses.com ~all"'],
    "_dmarc.example.com TXT": ['"v=DMARC1; p=quarantine;"'],
}
"""What the stack of the local AWS wants in the DNS."""
LARGEST_UDP = 512
TTL = 60


def answer(query: bytes, zone: Zone, *, udp: bool, broken: bool) -> bytes:
    request = dns.message.from_wire(query)
    response = dns.message.make_response(request)
    question = request.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    name = question.name.to_text(omit_final_dot=True).lower()
    if broken:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif values := zone.get(f"{name} {kind}"):
        response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", kind, *values))
    elif not any(key.partition(" ")[0] == name for key in zone):
        response.set_rcode(dns.rcode.NXDOMAIN)
    wire = response.to_wire()
    if udp and len(wire) > LARGEST_UDP:
        response.answer.clear()
        response.flags |= dns.flags.TC
        wire = response.to_wire()
    return wire


@contextmanager
def serving(zone: Zone, *, broken: bool = False) -> Iterator[str]:
    """Serve the zone; yield the address and the port."""

    class UDP(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, sock = self.request
            sock.sendto(answer(query, zone, udp=True, broken=broken), self.client_address)

    class TCP(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", _exactly(self.request, 2))
            wire = answer(_exactly(self.request, length), zone, udp=False, broken=broken)
            self.request.sendall(struct.pack("!H", len(wire)) + wire)

    servers = _bound(UDP, TCP)
    port = servers[0].server_address[1]
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _bound(udp: Any, tcp: Any) -> tuple[Any, Any]:
    """Bind both servers to the same port. Another process may have one half of a free port."""
    for _attempt in range(100):
        first = socketserver.ThreadingUDPServer(("127.0.0.1", 0), udp)
        try:
            address: Any = first.server_address
            return first, socketserver.ThreadingTCPServer(address, tcp)
        except OSError:
            first.server_close()
    raise OSError("no port is free for UDP and TCP")


def _exactly(sock: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        received += sock.recv(length - len(received)) or b"\0" * length
    return received[:length]
