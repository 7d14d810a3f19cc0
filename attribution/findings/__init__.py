"""Findings about attributions: ATT001 to ATT003. One file a rule, with its page, as the rules of audits have them.

They speak of a traced training run, not of rows, so no audit runs them and no gate closes for them: they appear in
the reports of `govern drivers` and `govern why` on that run, and `govern rule ATT001` shows their pages.
"""
