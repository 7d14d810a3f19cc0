"""What is kept of a sample's meaning: two vectors, by sample id, under the model that made them."""

from __future__ import annotations

import pyarrow as pa

EMBEDDING = pa.schema(
    [
        pa.field("sample_id", pa.binary(32), False),
        pa.field("question", pa.large_binary()),  # little-endian float16 of length 1
        pa.field("answer", pa.large_binary()),  # the same, null where nothing is answered
    ]
)
