"""The observer that keeps the ledger, over a recorded run or a script of one's own."""
