"""What people say a message wanted, where it was understood otherwise; training learns from it."""
