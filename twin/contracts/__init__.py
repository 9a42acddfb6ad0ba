"""What the rooms promise one another: boxes, messages, snapshots, ports, conformance. Imports no engine and no framework."""
