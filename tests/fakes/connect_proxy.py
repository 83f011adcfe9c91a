"""The edge of the world: a CONNECT proxy that leads known hosts to loopback, and nobody further.

Codex asks `https://chatgpt.com` about its local login before each session. Here that question
ends at a stand-in on this machine, under a certificate of a throw-away authority; every other
host is refused and written down.
"""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID_FOR = timedelta(days=2)
_HEAD_S = 10.0
_CHUNK = 65_536

type Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority made for one run of the tests.

    Attributes:
        folder: where its files lie.
        certificate: its own.
        key: in memory only.
        plain: what it signs names no keys, as many a company's authority has it.
    """

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    plain: bool = False

    @property
    def bundle(self) -> Path:
        """The PEM file that a client must trust."""
        return self.folder / "authority.pem"

    @classmethod
    def create(cls, folder: Path, *, plain: bool = False) -> Self:
        """Make one; its certificate lies in `folder`, its key stays in memory."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Turntable tests")])
        by = None if plain else key.public_key()
        unsigned = _authority(_certificate(name, name, key.public_key(), by=by))
        signed = unsigned.sign(key, hashes.SHA256())
        made = cls(folder=folder, certificate=signed, key=key, plain=plain)
        made.bundle.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
        return made

    def intermediate(self, folder: Path) -> Self:
        """An authority that this one vouches for, as companies have them."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Turntable tests, below")])
        unsigned = _authority(
            _certificate(name, self.certificate.subject, key.public_key(), by=self.key.public_key())
        )
        made = type(self)(
            folder=folder, certificate=unsigned.sign(self.key, hashes.SHA256()), key=key
        )
        made.bundle.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
        return made

    def server_context(self, *hosts: str) -> ssl.SSLContext:
        """TLS for a server that is called by these names or addresses (`127.0.0.1`)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        by = None if self.plain else self.key.public_key()
        leaf = (
            _certificate(subject, self.certificate.subject, key.public_key(), by=by)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_called(h) for h in hosts]), False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(self.key, hashes.SHA256())
        )
        pem = self.folder / f"{hosts[0]}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.set_alpn_protocols(["http/1.1"])
        return context


def _called(host: str) -> x509.GeneralName:
    """A client that dials an address looks for an address, never for a name (RFC 9110 §4.3.5)."""
    with suppress(ValueError):
        return x509.IPAddress(ip_address(host))
    return x509.DNSName(host)


def _authority(unsigned: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """May vouch for others, and says so as strict clients want it (RFC 5280 §4.2.1.3)."""
    signs = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return unsigned.add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    ).add_extension(signs, critical=True)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    by: ec.EllipticCurvePublicKey | None,
) -> x509.CertificateBuilder:
    """With `by` both keys are named in it: Python 3.13 refuses, by default, one that does not."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID_FOR)
    )
    if by is None:
        return made
    named = x509.AuthorityKeyIdentifier.from_issuer_public_key(by)
    return made.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key), critical=False
    ).add_extension(named, critical=False)


class ConnectProxy:
    """`async with ConnectProxy(authority, {"chatgpt.com": ("127.0.0.1", port)}) as proxy:`.

    Attributes:
        routes: host → the plain HTTP server on loopback that answers for it; may change any time.
        opened: the hosts that were led there, in order.
        refused: `host:port` or the address of everything else that was asked for, in order.
        heads: what it was asked, word for word.
    """

    def __init__(
        self,
        authority: Authority,
        routes: Mapping[str, Address] | None = None,
        *,
        login: str = "",
        secure: bool = False,
    ) -> None:
        """`login`: `user:password` that it wants; `secure`: it is spoken to by TLS itself."""
        self._authority = authority
        self._wanted = b64encode(login.encode()) if login else b""
        self._secure = secure
        self.heads: list[bytes] = []
        self.routes = dict(routes or {})
        self.opened: list[str] = []
        self.refused: list[str] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """What goes into `HTTPS_PROXY`."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return f"{'https' if self._secure else 'http'}://{host}:{port}"

    async def __aenter__(self) -> Self:
        tls = self._authority.server_context("127.0.0.1") if self._secure else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._lead(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the client went away, or does not trust us: its own words say so
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        login = re.search(rb"(?i)\r\nproxy-authorization: basic (\S*)\r\n", head)
        if self._wanted and (login is None or login[1] != self._wanted):
            await _refuse(writer, b"407 Proxy Authentication Required")
            return
        method, target, _version = head.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ")
        host = target.rpartition(":")[0]
        address = self.routes.get(host) if method == "CONNECT" else None
        if address is None:
            self.refused.append(target)
            await _refuse(writer, b"403 Forbidden")
            return
        self.opened.append(host)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await _start_tls(writer, self._authority.server_context(host))
        there_reader, there_writer = await asyncio.open_connection(*address)
        self._writers.add(there_writer)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pipe(reader, there_writer))
                group.create_task(_pipe(there_reader, writer))
        finally:
            self._writers.discard(there_writer)
            there_writer.transport.abort()


async def _refuse(writer: asyncio.StreamWriter, status: bytes) -> None:
    writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    await writer.drain()


async def _start_tls(writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
    """Speak TLS from here on.

    A connection that is closed in the middle of the handshake without an error (we are leaving)
    leaves asyncio's writer without a transport: it stumbles then, and again when it is forgotten.
    """
    before = writer.transport
    try:
        await writer.start_tls(context)
    except AttributeError:
        writer._transport = before  # type: ignore[attr-defined]
        raise ConnectionResetError("the connection was closed in the handshake") from None


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    # Either end gone is both ends gone; HTTP needs no half-open connection.
    writer.close()
