"""The demonstration set of `govern demo`: a small finance instruction set with faults planted from a seed.

files = write_demo(Path("demo"))
score = check_key(read_key(files.key.read_text("utf-8")), report)
"""

from governance.demo.key import FamilyScore, FaultKey, KeyLine, KeyScore, check_key, read_key
from governance.demo.write import DemoFiles, files_in, write_demo

__all__ = [
    "DemoFiles",
    "FamilyScore",
    "FaultKey",
    "KeyLine",
    "KeyScore",
    "check_key",
    "files_in",
    "read_key",
    "write_demo",
]
