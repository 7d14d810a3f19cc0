"""Waivers: findings that a second person has agreed to accept for a time, and the proof that this was so.

`model` says what one is, `book` reads waivers.toml, `where` reads its expressions, `edit` changes the file without
disturbing what a person wrote in it, `actions` request, approve and close, `log` is what the lake's events know,
`judge` tells which are in force, `suppress` finds the findings they cover.
"""
