"""Worlds: simulators with typed parameters that return tables and, apart from them, truth."""
