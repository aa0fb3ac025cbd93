#!/usr/bin/env python3
"""Reads credentials with c2pa-python, a reader that is not ours.

    pip install c2pa-python==0.38.1
    python3 tests/c2pa/read.py [--kinds EXTENSION,...] SITE...

Reads every published piece below SITE/media; a `.c2pa` file beside a piece is taken as its credential. Exits
with 1 if a credential is not valid (an unknown signer is: studios are their own authority), is signed by
nobody, tells no making, binds no bytes, or does not tell of a run (`org.daedal.intent`); if another file's
bytes pass as the piece; or if one of the kinds was not among the pieces.
"""

import argparse
import io
import json
import mimetypes
import sys
from pathlib import Path

import c2pa

LABEL = "org.daedal.intent"
MEDIA_TYPES = {".webp": "image/webp", ".svg": "image/svg+xml", ".wav": "audio/wav", ".mp4": "video/mp4"}
SIDECAR_TYPE = "application/octet-stream"


def report_of(path, content):
    """What the reader says of `content`, as the piece at `path`."""
    sidecar = path.with_name(path.name + ".c2pa")
    if sidecar.exists():
        reader = c2pa.Reader(SIDECAR_TYPE, io.BytesIO(content), manifest_data=sidecar.read_bytes())
    else:
        media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        reader = c2pa.Reader(media_type, io.BytesIO(content))
    return json.loads(reader.json())


def problems(report):
    """What is wrong with a credential, in words."""
    manifest = report["manifests"][report["active_manifest"]]
    results = report.get("validation_results", {}).get("activeManifest", {})
    codes = lambda kind: [status["code"] for status in results.get(kind, [])]
    if report.get("validation_state") not in ("Valid", "Trusted"):
        yield "it is " + " ".join([str(report.get("validation_state"))] + codes("failure"))
    if not (manifest.get("signature_info") or {}).get("common_name"):
        yield "nobody signed it"
    if not any(code.endswith("Hash.match") for code in codes("success")):
        yield "it binds no bytes"
    labels = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}
    actions = [action["action"] for action in labels.get("c2pa.actions.v2", {}).get("actions", [])]
    if not actions or actions[0] not in ("c2pa.created", "c2pa.opened"):
        yield f"it does not tell how it was made: {actions}"
    claim = labels.get(LABEL)
    if not claim or not all(name in claim for name in ("run", "unsignedSha256", "excerpt")):
        yield f"it tells of no run ({LABEL})"


def is_caught(path, content):
    """Whether a change in the middle of the piece is noticed: more bytes of it than a credential leaves unhashed in a row."""
    bent = bytearray(content)
    middle = len(bent) // 2
    for place in range(middle, min(middle + 128, len(bent))):
        bent[place] ^= 1
    try:
        return report_of(path, bytes(bent)).get("validation_state") == "Invalid"
    except Exception:  # whatever it can't read, it doesn't take for the piece
        return True


def pieces(site):
    skipped = (".json", ".c2pa")
    for path in sorted((site / "media").glob("*/*.*")):
        beside = path.with_name(path.name + ".c2pa").exists()
        document = path.suffix in skipped and not beside
        if path.is_file() and not document and ".preview." not in path.name and ".licence." not in path.name:
            yield path


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sites", nargs="+", type=Path)
    arguments.add_argument("--kinds", default="", type=lambda text: set(filter(None, text.split(","))))
    arguments = arguments.parse_args()
    bad = False
    found = set()
    for path in (path for site in arguments.sites for path in pieces(site)):
        content = path.read_bytes()
        found.add(path.suffix[1:])
        try:
            report = report_of(path, content)
            wrong = list(problems(report))
        except Exception as error:  # every reader's error is the same news here
            report, wrong = {}, [f"it is unreadable: {error}"]
        if not wrong and not is_caught(path, content):
            wrong.append("a changed byte is not noticed")
        print(f"{path}: {report.get('validation_state')}" + "".join(f"\n  {problem}" for problem in wrong))
        bad = bad or bool(wrong)
    missing = arguments.kinds - found
    if missing or not found:
        print(f"no pieces of these kinds were found: {', '.join(sorted(missing)) or 'any'}")
        bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
