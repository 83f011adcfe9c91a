"""Hand-written fakes shared by tests of all packages."""
