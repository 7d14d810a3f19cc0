"""What is looked for in rows, one room a subject. Pure: batches or texts in, places and verdicts out.

The rules (`governance/rules/`) say what each detector's finds amount to; reports, curation and labels use some of the
detectors too.
"""
