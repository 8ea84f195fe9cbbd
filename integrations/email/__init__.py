"""The e-mail channel. Import-light on purpose: the parser child starts without Django."""
