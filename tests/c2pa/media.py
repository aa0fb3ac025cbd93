#!/usr/bin/env python3
"""Writes a film without tracks and silence, to have their kinds sealed: film.mp4, sound.wav and song.mp3 in DIR.

    python3 tests/c2pa/media.py DIR
"""

import struct
import sys
import wave
from pathlib import Path


def box(kind, payload):
    return struct.pack(">I4s", len(payload) + 8, kind) + payload


def film():
    head = bytearray(100)
    head[15] = 1  # time scale
    head[20:26] = bytes([0, 1, 0, 0, 1, 0])  # rate and volume of 1
    head[99] = 1  # next track
    return box(b"ftyp", b"isom\0\0\x02\0isommp42") + box(b"moov", box(b"mvhd", bytes(head))) + box(b"mdat", bytes(400))


def main():
    place = Path(sys.argv[1])
    (place / "film.mp4").write_bytes(film())
    # Frames of 128 kbit/s at 44.1 kHz.
    (place / "song.mp3").write_bytes((b"\xff\xfb\x90\x64" + bytes(413)) * 40)
    with wave.open(str(place / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(16_000))


if __name__ == "__main__":
    main()
