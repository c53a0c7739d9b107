"""Envelope encryption of channel secrets with KMS."""
