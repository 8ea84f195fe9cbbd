"""Read models for the report pages."""
