"""Training by verifiable rewards: GRPO, its answers and what each label earns."""
