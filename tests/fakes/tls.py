"""The tests' own certificate authority, and server settings that require its certificates."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def peer_name(connection):
    """The common name in the client's certificate; None without TLS or without a certificate."""
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    names = dict(pair for part in (certificate or {}).get("subject", ()) for pair in part)
    return names.get("commonName")


def pem_key(key, passphrase=None):
    locked = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, locked).decode()


class Authority:
    """A root, and an intermediate CA below it that signs what the tests need.

    https://www.rfc-editor.org/rfc/rfc5280
    """

    def __init__(self, name="root"):
        self.key, self.middle_key = self._key(), self._key()
        self.root = self._sign(name, self.key.public_key(), name, self.key, ca=1)
        middle = self.middle_key.public_key()
        self.middle = self._sign(f"{name}-middle", middle, name, self.key, ca=0)

    @staticmethod
    def _key(kind="ec"):
        return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(
            ec.SECP256R1()
        )  # fmt: skip

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc)

    @classmethod
    def _sign(cls, name, public_key, issuer, issuer_key, ca=None, usage=None, hosts=()):
        now = cls.now()
        constraints = x509.BasicConstraints(ca=ca is not None, path_length=ca)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(constraints, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
        )
        if ca is not None:
            uses = dict.fromkeys(
                "digital_signature content_commitment key_encipherment data_encipherment "
                "key_agreement encipher_only decipher_only".split(), False
            )  # fmt: skip
            builder = builder.add_extension(
                x509.KeyUsage(key_cert_sign=True, crl_sign=True, **uses), critical=True
            )
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if usage == ExtendedKeyUsageOID.SERVER_AUTH:
            names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            names += [x509.DNSName(host) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        return builder.sign(issuer_key, hashes.SHA256())

    def issue(self, name, kind="ec", usage=ExtendedKeyUsageOID.CLIENT_AUTH, hosts=()):
        """(certificate with its intermediate, key), both PEM."""
        key = self._key(kind)
        issuer = self.middle.subject.rfc4514_string().removeprefix("CN=")
        leaf = self._sign(name, key.public_key(), issuer, self.middle_key, usage=usage, hosts=hosts)
        return self.pem(leaf) + self.pem(self.middle), pem_key(key)

    @staticmethod
    def pem(certificate):
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, folder, clients=None, needed=True, hosts=()):
        """For 127.0.0.1 and hosts; clients: the CA whose certificates are accepted (None: none
        required)."""
        certificate, key = self.issue("server", usage=ExtendedKeyUsageOID.SERVER_AUTH, hosts=hosts)
        chain = folder / "server.pem"
        chain.write_text(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        if clients:
            context.load_verify_locations(cadata=self.pem(clients.root))
            context.verify_mode = ssl.CERT_REQUIRED if needed else ssl.CERT_OPTIONAL
        return context
