"""From a bare board to a sealed terminal, in the words of factory test.

A DUT (device under test) is taken through a plan by a station: phases, each with measurements
whose limits are declared before they are measured, and a record of all of it.
"""
