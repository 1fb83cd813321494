"""The site on many machines, each in a network namespace of its own, while they fail: `make machines`."""
