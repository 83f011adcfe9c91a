"""The stand-in back end: a real HTTP server for the demo and for every test."""
