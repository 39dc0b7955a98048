"""Compares mynah with its peers.

samples      what was measured
programs     how programs are built, found and run
quiet        whether other programs disturb what is measured
measures/    what is run: a file a section
tables       Markdown tables, and the marks in documents that they stand between
report       the sections' tables, made of samples
targets      what mynah means to reach
main         the command line and the rounds
"""
