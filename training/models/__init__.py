"""The model of a run: from a folder, the hub or scratch, on what the device allows."""
