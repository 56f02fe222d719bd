"""Writes encoder.bin: 256 rows of 24 f32, little-endian. The manifest names the file by its digest: `sha256sum encoder.bin`."""
import random
import struct

stream = random.Random(17)
with open("encoder.bin", "wb") as file:
    for _ in range(256 * 24):
        file.write(struct.pack("<f", stream.uniform(-1, 1)))
