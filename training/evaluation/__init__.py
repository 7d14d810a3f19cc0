"""Evaluation: what a model makes of each item of a benchmark, kept item by item.

prompts.py      an item as the chat messages a model is asked with
functionals.py  log-likelihood and margin of answers as differentiable functions of a model
generate.py     transformers in this process
loglik.py       log-likelihoods of gold and options, and the margin
server.py       any server that speaks OpenAI's protocol
journal.py      answers on disk as they come, so that nothing is asked twice
engine.py       a plan becomes results, item by item
"""
