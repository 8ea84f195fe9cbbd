"""Vendors on loopback, each request judged by the vendor's own contract in ../shared/contracts."""
