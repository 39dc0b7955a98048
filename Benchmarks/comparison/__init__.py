"""Compares mynah with its peers.

samples      the measurements
programs     building, finding and running programs
quiet        detecting other programs that disturb the measurements
measures/    the programs that are run, one file per section
tables       Markdown tables, and the markers in documents that enclose them
report       the sections' tables, built from samples
targets      mynah's performance targets
main         the command line and the rounds
"""
