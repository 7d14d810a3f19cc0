"""Renderings of a stored audit, one module a format."""
