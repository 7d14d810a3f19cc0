"""Looking at stored audits page by page: all filtering, counting and paging happens in DuckDB.

Every value is bound, every result has a bound, and nothing here writes. Pages ask for 25 lines of two million.
"""
