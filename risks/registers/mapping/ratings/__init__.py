"""Ratings: likelihoods and impacts of any scale, brought to that of our matrix.

`cells` parses one text, `frequencies` how often something happens; `scales` decides what the
numbers of a column mean, by its header and by all that stands beside them; `reading` puts them
together.
"""
