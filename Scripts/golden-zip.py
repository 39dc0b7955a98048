#!/usr/bin/env python3
"""Makes Tests/TestSupport/Fixtures/golden.zip: an archive with every kind of DEFLATE block, for the tests of the zip
reader.

    python3 Scripts/golden-zip.py

Its file "sha256sums" contains the digests of the other files.
"""
import hashlib
import pathlib
import random
import zipfile

TARGET = pathlib.Path(__file__).resolve().parents[1] / "Tests/TestSupport/Fixtures/golden.zip"
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED

numbers = random.Random(1)
words = [f"word{numbers.randrange(200)}" for _ in range(4000)]
members = [
    ("empty", b"", STORED, None),
    ("empty.deflated", b"", DEFLATED, 9),
    ("one", b"a", DEFLATED, 9),
    ("fixed codes", b"hello, hello, hello", DEFLATED, 9),
    ("text/dynamic codes", " ".join(words).encode(), DEFLATED, 9),
    ("text/several blocks", ("".join(sorted(words)) + "".join(words)).encode() * 4, DEFLATED, 1),
    ("one byte repeated", b"\x00" * 70_000, DEFLATED, 9),
    ("stored blocks", numbers.randbytes(3000), DEFLATED, 0),
    ("noise", numbers.randbytes(3000), DEFLATED, 6),
    ("far apart", (lambda noise: noise + b"-" * 30_000 + noise)(numbers.randbytes(500)), DEFLATED, 9),
    ("naïve 漢字", b"name in UTF-8", STORED, None),
]


def add(archive, name, data, method, level):
    info = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    info.compress_type = method
    archive.writestr(info, data, compress_type=method, compresslevel=level)


with zipfile.ZipFile(TARGET, "w") as archive:
    add(archive, "text/", b"", STORED, None)
    for member in members:
        add(archive, *member)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data, _, _ in members)
    add(archive, "sha256sums", sums.encode(), STORED, None)
    archive.comment = b"made by golden-zip.py"
print(TARGET, TARGET.stat().st_size, "bytes")
