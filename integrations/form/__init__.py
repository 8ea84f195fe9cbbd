"""The contact form: a page of ours, or a form on the shop's own site that posts to us."""
