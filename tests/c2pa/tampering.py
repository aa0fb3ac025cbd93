#!/usr/bin/env python3
"""Tampers with sealed files in many ways, and has c2pa-python, a reader that is not ours, look at each.

    pip install c2pa-python==0.38.1 cryptography
    python3 tests/c2pa/tampering.py --trust CHAIN.pem --other OTHER_SITE --press PRESS --expired OUT.png SITE ARCHIVE...

Every sealed file below SITE/media, and every archive, has to be Trusted with the authority of CHAIN.pem and Valid without
it, and Invalid (or unreadable) after each tampering. OTHER_SITE is of another run, whose credential is put into this one's
files; it was signed with the chain in PRESS (see certificates.py), and OUT.png is written: a picture of it as it were had
its certificate expired. Exits with 1 if one tampering passes, or if fewer than 30 kinds of it could be tried.
"""

import argparse
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import c2pa
import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from read import MEDIA_TYPES, pieces

# Of the group of P-256 (SEC 2).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LABEL = "org.daedal.intent"
TYPES = {**MEDIA_TYPES, ".png": "image/png", ".jpg": "image/jpeg", ".mp4": "video/mp4", ".mp3": "audio/mpeg", ".zip": "application/x-zip"}


def state_of(media_type, content, context=None):
    try:
        reader = c2pa.Reader(media_type, io.BytesIO(content), context=context)
        return json.loads(reader.json()).get("validation_state")
    except Exception:  # whatever it can't read, it doesn't take for sealed
        return "unreadable"


class Box:
    """A box of JUMBF (ISO/IEC 19566-5): other boxes in a superbox, bytes in any other."""

    def __init__(self, kind, payload):
        self.kind, self.payload, self.boxes = kind, payload, None
        if kind == b"jumb":
            self.boxes = list(Box.all(payload))

    @staticmethod
    def all(data):
        at = 0
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            yield Box(kind, data[at + 8 : at + length])
            at += length

    def bytes(self):
        payload = self.payload if self.boxes is None else b"".join(box.bytes() for box in self.boxes)
        return struct.pack(">I4s", len(payload) + 8, self.kind) + payload

    def label(self):
        if self.boxes is None or self.boxes[0].kind != b"jumd":
            return ""
        return self.boxes[0].payload[17:].split(b"\0")[0].decode()

    def find(self, label):
        if self.label() == label:
            return self
        found = (box.find(label) for box in self.boxes or [])
        return next((box for box in found if box), None)


def png_chunks(content):
    at = 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length


def png_with(content, change):
    """A PNG whose chunks went through `change`, with right check sums."""
    out = [content[:8]]
    for kind, data in change(list(png_chunks(content))):
        out.append(struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data)))
    return b"".join(out)


def with_store(content, change):
    """A PNG whose manifest store went through `change`."""

    def chunks(all_chunks):
        for kind, data in all_chunks:
            if kind == b"caBX":
                store = Box(*struct.unpack(">4s", data[4:8]), data[8:])
                change(store)
                data = store.bytes()
            yield kind, data

    return png_with(content, chunks)


def store_of(content):
    data = next(data for kind, data in png_chunks(content) if kind == b"caBX")
    return Box(b"jumb", data[8:])


def unpacked(data):
    return json.loads(zlib.decompress(data, -15))


def packed(value):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    return deflate.compress(data) + deflate.flush()


def claim_with(change):
    """Changes what the credential says of the run."""

    def in_store(store):
        content = store.find(LABEL).boxes[-1]
        claim = cbor2.loads(content.payload)
        excerpt = unpacked(claim["excerpt"])
        change(claim, excerpt)
        claim["excerpt"] = packed(excerpt)
        content.payload = cbor2.dumps(claim)

    return lambda content: with_store(content, in_store)


def flipped(at, length=1):
    def tamper(content):
        start = int(len(content) * at) if isinstance(at, float) else at
        bent = bytearray(content)
        for place in range(start, min(start + length, len(bent))):
            bent[place] ^= 1
        return bytes(bent)

    return tamper


def in_pixels(content):
    def chunks(all_chunks):
        for kind, data in all_chunks:
            if kind == b"IDAT":
                pixels = bytearray(data)
                pixels[len(pixels) // 2] ^= 1
                data = bytes(pixels)
            yield kind, data

    return png_with(content, chunks)


def removed_assertion(label):
    def in_store(store):
        def drop(box):
            box.boxes = [inner for inner in box.boxes if inner.label() != label]
            for inner in box.boxes:
                if inner.boxes is not None:
                    drop(inner)

        drop(store)

    return lambda content: with_store(content, in_store)


def changed_assertion(label, old, new):
    def in_store(store):
        box = store.find(label)
        content = box.boxes[-1]
        assert old in content.payload, (label, old)
        content.payload = content.payload.replace(old, new)

    return lambda content: with_store(content, in_store)


def swapped(other):
    """The whole credential of another run's file."""

    def in_store(store):
        store.boxes = store_of(other).boxes

    return lambda content: with_store(content, in_store)


def swapped_assertion(other, label):
    def in_store(store):
        store.find(label).boxes = store_of(other).find(label).boxes

    return lambda content: with_store(content, in_store)


def swapped_signature(other):
    return swapped_assertion(other, "c2pa.signature")


def certificate_of(other):
    """Another studio's certificates in the place of those that signed."""

    def in_store(store):
        own = store.find("c2pa.signature").boxes[-1]
        their = store_of(other).find("c2pa.signature").boxes[-1]
        half = len(own.payload) // 2
        own.payload = own.payload[:half] + their.payload[half:]

    return lambda content: with_store(content, in_store)


def cbor_bytes(content):
    """A byte string of CBOR (RFC 8949)."""
    length = len(content)
    if length < 24:
        return bytes([0x40 + length]) + content
    head = struct.pack(">BB", 0x58, length) if length < 256 else struct.pack(">BH", 0x59, length)
    return head + content


def signed_with_expired(press):
    """The same claim, signed with the same key, whose certificate has expired: whole in every other way."""
    key = serialization.load_pem_private_key((press / "key.pem").read_bytes(), None)
    ders = [
        x509.load_pem_x509_certificate((press / name).read_bytes()).public_bytes(serialization.Encoding.DER)
        for name in ("chain.pem", "expired.pem")
    ]

    def in_store(store):
        signature = store.find("c2pa.signature").boxes[-1]
        assert ders[0] in signature.payload and len(ders[0]) == len(ders[1])
        cose = signature.payload.replace(*ders)
        # Head, protected header, nothing unprotected, no payload, 64 bytes (RFC 9052, section 4.2).
        protected, rest = cose[2:-68], cose[-68:]
        claim = store.find("c2pa.claim.v2").boxes[-1].payload
        covered = b"\x84\x6aSignature1" + protected + b"\x40" + cbor_bytes(claim)
        r, s = utils.decode_dss_signature(key.sign(covered, ec.ECDSA(hashes.SHA256())))
        s = min(s, ORDER - s)  # the one form that is taken here
        signature.payload = cose[:2] + protected + rest[:4] + r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return lambda content: with_store(content, in_store)


def appended(more):
    return lambda content: content + more


def of_png(other):
    """Tamperings with a PNG, by name."""

    def set_in(*path):
        *outer, (name, value) = path

        def change(claim, excerpt):
            place = {"claim": claim, "excerpt": excerpt}
            for step in outer:
                place = place[step]
            place[name] = value(place[name]) if callable(value) else value

        return claim_with(change)

    other_claim = cbor2.loads(store_of(other).find(LABEL).boxes[-1].payload)
    zeros = "0x" + "00" * 32
    yield "a pixel", in_pixels
    yield "a byte of the manifest", lambda content: flipped(content.index(b"jumdc2pa") + 60)(content)
    yield "the last byte of the signature", lambda content: flipped(content.index(b"IDAT") - 10)(content)
    yield "the whole credential of another run", swapped(other)
    yield "the claim of another run's intent assertion", swapped_assertion(other, LABEL)
    yield "the actions of another run", swapped_assertion(other, "c2pa.actions.v2")
    yield "the binding of another file", swapped_assertion(other, "c2pa.hash.data")
    yield "the signature of another run", swapped_signature(other)
    yield "the certificates of another studio", certificate_of(other)
    yield "no intent assertion", removed_assertion(LABEL)
    yield "no actions", removed_assertion("c2pa.actions.v2")
    yield "no binding", removed_assertion("c2pa.hash.data")
    yield "no signature", removed_assertion("c2pa.signature")
    yield "no training choice", removed_assertion("cawg.training-mining")
    yield "another kind of source", changed_assertion("c2pa.actions.v2", b"algorithmicMedia", b"digitalCapture\x20\x20")
    yield "training allowed", changed_assertion("cawg.training-mining", b"notAllowed", b"allowed\x20\x20\x20")
    yield "another run", set_in("claim", ("run", other_claim["run"]))
    yield "another unsigned digest", set_in("claim", ("unsignedSha256", "00" * 32))
    yield "another chain", set_in("claim", "anchor", ("chain", lambda chain: chain + 1))
    yield "another registry", set_in("claim", "anchor", ("registry", "0x" + "11" * 20))
    yield "another root", set_in("excerpt", ("root", zeros))
    yield "another number of leaves", set_in("excerpt", ("count", lambda count: count - 1))
    yield "a receipt less", set_in("excerpt", ("receipts", lambda receipts: receipts[:-1]))
    yield "another step", set_in("excerpt", "receipts", 0, "receipt", ("step", "elsewhere"))
    yield "another engine", set_in("excerpt", "receipts", 0, "receipt", ("engine", "brush"))
    yield "another place of the leaf", set_in("excerpt", "receipts", 0, "proof", ("index", lambda index: index + 1))
    yield "another way to the root", set_in("excerpt", "receipts", 0, "proof", ("path", lambda path: path[::-1] + [zeros]))
    yield "another bundle", set_in("excerpt", "header", ("bundle", "00" * 32))
    yield "another seed", set_in("excerpt", "header", ("seed", "00" * 32))
    yield "another start", set_in("excerpt", "header", ("started_ms", 1))
    yield "another tool", set_in("excerpt", "header", ("tool", "daedal 9.9.9"))
    yield "no intents", set_in("excerpt", ("intents", []))
    yield "another intent's signature", set_in("excerpt", "intents", 0, ("signature", "0x" + "22" * 65))
    yield "another signer of an intent", set_in("excerpt", "intents", 0, ("signer", "0x" + "33" * 20))
    yield "another set that was seen", set_in("excerpt", "intents", 0, "intent", ("seen", "0x" + "44" * 32))
    yield "another kind of decision", set_in("excerpt", "intents", 0, "intent", ("kind", "reject"))
    yield "bytes after the end", lambda content: flipped(len(content) - 30)(content)


def of_any():
    # C2PA hashes what the boxes of a credential hold, not their own heads and labels: a single byte may fall on these.
    # At most 71 bytes follow one another that are not hashed.
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        yield f"128 bytes from {share:.0%} on", flipped(share, 128)


def trusted(chain):
    """A context that trusts the authority of a chain."""
    chain = chain.read_text()
    authority = chain[chain.rindex("-----BEGIN CERTIFICATE-----") :]
    settings = {"trust": {"user_anchors": authority}, "verify": {"verify_trust": True}}
    return c2pa.Context(c2pa.Settings.from_dict(settings))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("site", type=Path)
    arguments.add_argument("archives", nargs="*", type=Path)
    arguments.add_argument("--trust", type=Path, required=True)
    arguments.add_argument("--other", type=Path, required=True)
    arguments.add_argument("--press", type=Path, required=True)
    arguments.add_argument("--expired", type=Path, required=True)
    arguments = arguments.parse_args()
    trusting = trusted(arguments.trust)
    other = next(path.read_bytes() for path in pieces(arguments.other) if path.suffix == ".png")
    bad, tried = False, {"an expired certificate"}
    expired = signed_with_expired(arguments.press)(other)
    arguments.expired.write_bytes(expired)
    for content, wanted in ((other, "Trusted"), (expired, "Invalid")):
        state = state_of("image/png", content, trusted(arguments.press / "chain.pem"))
        if state != wanted:
            print(f"the picture of the press is {state} where it should be {wanted}")
            bad = True
    for path in [*pieces(arguments.site), *arguments.archives]:
        if path.with_name(path.name + ".c2pa").exists():
            continue
        media_type, content = TYPES[path.suffix], path.read_bytes()
        for context, wanted in ((trusting, "Trusted"), (None, "Valid")):
            state = state_of(media_type, content, context)
            if state != wanted:
                print(f"{path}: {state} where it should be {wanted}")
                bad = True
        for name, tamper in [*(of_png(other) if path.suffix == ".png" else ()), *of_any()]:
            try:
                changed = tamper(content)
            except (IndexError, KeyError):
                continue  # a credential without what would be changed
            tried.add(name)
            state = state_of(media_type, changed)
            if changed == content or state in ("Valid", "Trusted"):
                print(f"{path}: {name} is not noticed: {state}")
                bad = True
    print(f"{len(tried)} kinds of tampering, each noticed" if not bad else "some tampering is not noticed")
    if len(tried) < 30:
        print("too few could be tried: the files have no intents, or no PNG is among them")
        bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
