"""Final answers: what a question asks for, and what an answer gives, by strict and reusable extractors.

    given = letter("...</think>The answer is (B).", "ABCD")     # Found("B", 26, 27)

`extract.py` holds the extractors, `structures.py` those of lists and stated texts, `posed.py` what a question
demands, `final.py` the final answer whatever its kind.
All are pure functions of one text. Rules about labels use them, and so can any scorer of a model's answers.
"""
