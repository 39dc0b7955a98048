"""Writes NumPy arrays in the safetensors format, for environments without the safetensors package."""
import json
import struct

TYPES = {"float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64"}


def save(arrays, path, metadata):
    """Writes named arrays; equal arrays produce equal files."""
    header, offset, chunks = {"__metadata__": metadata}, 0, []
    for name in sorted(arrays):
        array = arrays[name]
        data = array.astype(array.dtype.newbyteorder("<")).tobytes(order="C")
        header[name] = {
            "dtype": TYPES[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        chunks.append(data)
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)))
        file.write(encoded)
        file.writelines(chunks)
