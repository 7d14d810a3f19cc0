"""`python -m ui.cli`, the same program as `govern`."""

from __future__ import annotations

import sys

from ui.cli.main import main

sys.exit(main())
