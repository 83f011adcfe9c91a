"""Hand-written fakes and real parts in private surroundings, for every test."""
