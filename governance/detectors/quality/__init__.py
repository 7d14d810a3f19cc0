"""Whether a text is fit to learn from: long enough, whole, readable, in a wanted language, free of padding."""
