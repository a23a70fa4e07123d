"""Salesforce's side of the company: the same households with small differences, and what only inside sales knows.

Rows bear the wire's names and values, with two liberties of Salesforce's own loaders: booleans are real ones, and a
record type is named by `RecordType.DeveloperName` instead of an id that only the org knows.
"""

from sync.sandbox.world.crm.book import write_book

__all__ = ["write_book"]
