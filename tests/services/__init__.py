"""Real servers for tests: started on private ports in a temporary folder, gone afterwards."""
