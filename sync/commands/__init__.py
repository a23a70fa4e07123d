"""The commands of the command line, a file a subject; sync/cli.py names them all."""
