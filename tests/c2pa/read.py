#!/usr/bin/env python3
"""Reads credentials with c2pa-python, a reader that is not ours.

    pip install c2pa-python==0.38.1
    python3 tests/c2pa/read.py FILE...

Prints each file's validation state. A `.c2pa` file beside a FILE is taken as its credential. Exits
with 1 if a credential is not valid (an unknown signer is: studios are their own authority), or
if it does not tell of a run (`org.daedal.intent`).
"""

import json
import mimetypes
import sys
from pathlib import Path

import c2pa

LABEL = "org.daedal.intent"
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("audio/wav", ".wav")


def read(path):
    """The validation state, what is wrong, and the active manifest's assertions by label."""
    beside = [path.with_name(path.name + ".c2pa"), path.with_suffix(".c2pa")]
    sidecar = next((name for name in beside if name.exists()), None)
    with open(path, "rb") as stream:
        if sidecar:
            media_type = "application/octet-stream"
            reader = c2pa.Reader(media_type, stream, manifest_data=sidecar.read_bytes())
        else:
            media_type = mimetypes.guess_type(path.name)[0]
            reader = c2pa.Reader(media_type, stream)
        report = json.loads(reader.json())
    manifest = report["manifests"][report["active_manifest"]]
    failures = report.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    return report.get("validation_state"), failures, manifest


def main(names):
    if not names:
        print(__doc__, file=sys.stderr)
        return 2
    bad = False
    for name in names:
        try:
            state, failures, manifest = read(Path(name))
        except Exception as error:  # every reader's error is the same news here
            print(f"{name}: unreadable: {error}")
            bad = True
            continue
        labels = [assertion["label"] for assertion in manifest["assertions"]]
        codes = [failure["code"] for failure in failures]
        told = LABEL in labels
        valid = state in ("Valid", "Trusted")
        print(f"{name}: {state} {' '.join(codes)}".rstrip() + ("" if told else f" (no {LABEL})"))
        bad = bad or not valid or not told
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
