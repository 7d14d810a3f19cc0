"""gaoya: MinHashStringIndex, bulk insert and bulk query; it compares signatures itself."""

from __future__ import annotations

from common import BANDS, ROWS, Union, texts, write
from gaoya.minhash import MinHashStringIndex

documents = texts()
index = MinHashStringIndex(32, 0.8, BANDS, ROWS, None, "word", True, (5, 5), "vec")
numbers = list(range(len(documents)))
index.par_bulk_insert_docs(numbers, documents)
union = Union(len(documents))
for number, found in zip(numbers, index.par_bulk_query(documents), strict=True):
    for other in found:
        union.join(other, number)
write(union.groups())
