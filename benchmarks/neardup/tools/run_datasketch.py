"""datasketch: MinHash and MinHashLSH, each document queried before it is inserted."""

from __future__ import annotations

from common import BANDS, ROWS, Union, five_grams, texts, write
from datasketch import MinHash, MinHashLSH

documents = texts()
index = MinHashLSH(num_perm=128, params=(BANDS, ROWS))
union = Union(len(documents))
for number, text in enumerate(documents):
    minhash = MinHash(num_perm=128)
    minhash.update_batch([g.encode() for g in five_grams(text)])
    for other in index.query(minhash):
        union.join(other, number)
    index.insert(number, minhash, check_duplication=False)
write(union.groups())
