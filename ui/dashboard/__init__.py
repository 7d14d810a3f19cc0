"""The dashboard: pages over the lake, in the browser. Imported by `govern ui` alone."""
