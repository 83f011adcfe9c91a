"""The tests: they mirror the source; `fakes` are the parts they stand on."""
