"""Pages, one file each, found by their names; see `ui.dashboard.catalogue`."""
