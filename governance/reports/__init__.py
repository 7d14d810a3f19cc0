"""Renderings of a stored audit, one module a format."""

from governance.reports.base import FORMATS, RenderOptions, render

__all__ = ["FORMATS", "RenderOptions", "render"]
