"""Class activation maps: where in an image a network found what it answers.

A method (a module each) makes a map of a layer's feature maps and gradients, or of the scores of
changed images; `methods` knows them by name.
"""
