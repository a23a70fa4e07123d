"""Stand-ins of Salesforce, SPOTIO and SalesScreen: local servers with state that speak their wire protocols.

They are strangers to the rest of the code: nothing but the command line starts them, they import nothing of
ours, and the product talks to them over HTTP as it talks to the real systems.
"""
