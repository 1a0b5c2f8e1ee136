"""Drawings of the portal: data in, places of shapes out; templates write them as SVG. Pure."""
