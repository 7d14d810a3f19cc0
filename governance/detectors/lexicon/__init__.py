"""Word lists of this project, where their words stand in texts, and whether a text uses them or speaks of them.

Each TOML file is one list. Its groups say what kind of word they hold, how grave it is (grade 1 to 3) and, where
needed, what longer words spare it (`spared`): 支那 inside 印度支那 is geography.
"""
