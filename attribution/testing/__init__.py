"""The claims of an attribution put to the test."""
