"""One file a rule: metadata, a page (its docstring), map and reduce."""
