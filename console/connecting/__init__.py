"""The pieces of the page Connections."""
