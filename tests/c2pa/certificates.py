#!/usr/bin/env python3
"""Makes a chain of certificates as somebody else would issue it, and its signing certificate once more, expired.

    pip install cryptography
    python3 tests/c2pa/certificates.py PLACE

In PLACE there are then chain.pem and key.pem, for `certificate` and `key` under [account] in daedal.toml, and expired.pem:
the same name and key under the same authority, valid until 2021, in as many bytes, so that it fits in a credential in the
place of the other.
"""

import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def name(common):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Press"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def certificate(subject, key, issuer, issuer_key, years, number):
    is_authority = subject == issuer
    usage = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only".split(),
        False,
    )
    for granted in ("key_cert_sign", "crl_sign") if is_authority else ("digital_signature",):
        usage[granted] = True
    begin, end = (datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) for year in years)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def main():
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = name("Press Authority"), name("Press Studio")
    authority = certificate(issuer, authority_key, issuer, authority_key, (2020, 2049), 1)
    valid = certificate(subject, key, issuer, authority_key, (2020, 2049), 2)
    while True:  # signatures differ in length by a byte or two
        expired = certificate(subject, key, issuer, authority_key, (2020, 2021), 3)
        if len(der(expired)) == len(der(valid)):
            break
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in (valid, authority, expired)]
    (place / "chain.pem").write_bytes(pem[0] + pem[1])
    (place / "expired.pem").write_bytes(pem[2])
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (place / "key.pem").write_bytes(encoded)


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


if __name__ == "__main__":
    main()
