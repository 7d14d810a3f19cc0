"""Data governance: the lake, samples, rules, audits. Imports neither torch, streamlit nor click."""
