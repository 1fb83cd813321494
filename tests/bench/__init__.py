"""How fast the site is, side by side with yardsticks: `make bench-data` once, then `make bench`. See BENCHMARKS.md."""
