"""Personal data in text: where it stands, what it is, how sure that is. One detector a file, one idea of each kind.

The rules report what is sure enough, excerpts hide whatever looks like it, and `placeholders` takes it out of a text.
"""
