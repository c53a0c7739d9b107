"""The whole product in the simulated cloud: its real handlers, those who call it, and the truth."""
