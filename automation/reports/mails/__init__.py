"""Reports that come by mail: when, to whom, and what they look like."""
