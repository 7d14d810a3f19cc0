"""rensa: RMinHash and RMinHashLSH."""

from __future__ import annotations

from common import BANDS, Union, five_grams, texts, write
from rensa import RMinHash, RMinHashLSH

documents = texts()
index = RMinHashLSH(threshold=0.8, num_perm=128, num_bands=BANDS)
union = Union(len(documents))
for number, text in enumerate(documents):
    minhash = RMinHash(num_perm=128, seed=42)
    minhash.update(list(five_grams(text)))
    for other in index.query(minhash):
        union.join(other, number)
    index.insert(number, minhash)
write(union.groups())
