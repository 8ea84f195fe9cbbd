"""Finding tickets: words as they are compared, the grammar of what is asked, and what it finds."""
