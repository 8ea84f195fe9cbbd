"""Yotpo: reviews of the shop and its products, answered in public."""
