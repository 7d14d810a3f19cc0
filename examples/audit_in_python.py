"""An audit from Python: write the demonstration set, audit it, compare with the key.

python examples/audit_in_python.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from governance.audit import AuditRequest, audit
from governance.demo import check_key, read_key, write_demo
from governance.lake import open_lake


def main() -> None:
    """Print the verdict, the counts by rule, and how many of the planted faults were found."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_demo(Path(folder) / "demo")
        request = AuditRequest((str(files.dataset),), evals=(str(files.suite),))
        with open_lake(str(Path(folder) / "lake")) as lake:
            report = audit(request, lake)
        score = check_key(read_key(files.key.read_text("utf-8")), report)

    print(f"verdict: {report.verdict}")
    for rule in report.rules:
        print(f"  {rule.id} {rule.name:<24} {rule.findings:>5} findings in {rule.rows:>5} rows")
    for line in score.lines:
        print(f"  {line.kind:<24} {line.found} of {line.planted} found")


if __name__ == "__main__":
    main()
