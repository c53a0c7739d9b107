"""Posting a file of events so that each is stored once, whatever interrupts it."""
