"""What measurements and browser tests of large amounts stand on."""
