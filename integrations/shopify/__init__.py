"""Shopify: orders read by webhook and by looking, and changed through the GraphQL Admin API."""
