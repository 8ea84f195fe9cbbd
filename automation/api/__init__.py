"""HTTP API of rules, macros, surveys and reports."""
