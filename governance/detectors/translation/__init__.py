"""Evaluation items told in another language: terms, numbers and a multilingual model, Chinese and English both ways."""
