#!/usr/bin/env python3
"""Reads attestations with generic tools: DSSE by securesystemslib, in-toto statements by in-toto-attestation.

    pip install "securesystemslib[crypto]==1.6.0" in-toto-attestation==0.9.3
    python3 tests/c2pa/dsse.py ATTESTATION...

Exits with 1 if an envelope's signature is not that of the certificate in it, if its payload is no in-toto statement
or has not the shape of SLSA's provenance, or if a changed payload, signature or key passes.
"""

import base64
import copy
import json
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def key_of(envelope):
    """The key of the first certificate in an envelope."""
    signature = envelope["signatures"][0]
    certificate = x509.load_der_x509_certificate(base64.b64decode(signature["x5c"][0]))
    pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey(signature["keyid"], "ecdsa", "ecdsa-sha2-nistp256", {"public": pem.decode()})


def passes(envelope, key):
    try:
        Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1)
        return True
    except VerificationError:
        return False


def problems(envelope):
    key = key_of(envelope)
    if not passes(envelope, key):
        yield "its signature is not that of its certificate"
    payload = json.loads(base64.b64decode(envelope["payload"]))
    predicate = payload["predicate"]
    subjects = [ResourceDescriptor(**subject).pb for subject in payload["subject"]]
    Statement(subjects, payload["predicateType"], predicate).validate()
    for name in ("buildDefinition", "runDetails"):
        if name not in predicate:
            yield f"its predicate has no {name}"
    for name in ("buildType", "externalParameters", "resolvedDependencies"):
        if name not in predicate["buildDefinition"]:
            yield f"its build definition has no {name}"
    if not predicate["runDetails"]["builder"]["id"] or not predicate["runDetails"]["metadata"]["invocationId"]:
        yield "it does not tell what carried the run out"

    payload["predicate"]["record"]["receipts"].pop()
    changed = copy.deepcopy(envelope)
    changed["payload"] = base64.b64encode(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode()).decode()
    if passes(changed, key):
        yield "a receipt less is not noticed"
    changed = copy.deepcopy(envelope)
    signature = bytearray(base64.b64decode(changed["signatures"][0]["sig"]))
    signature[-1] ^= 1
    changed["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    if passes(changed, key):
        yield "a changed signature is not noticed"
    changed = copy.deepcopy(envelope)
    changed["payloadType"] = "application/json"
    if passes(changed, key):
        yield "another kind of payload is not noticed"


def main():
    paths = [Path(path) for path in sys.argv[1:]]
    bad = not paths
    for path in paths:
        wrong = list(problems(json.loads(path.read_bytes())))
        print(f"{path}: {'fine' if not wrong else ''}" + "".join(f"\n  {problem}" for problem in wrong))
        bad = bad or bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
