"""Salesforce, read: signing in, describing, queries over REST and the Bulk API 2.0."""
