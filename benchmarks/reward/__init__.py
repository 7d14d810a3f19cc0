"""Training by reward on arithmetic that a small model can learn on a CPU."""
