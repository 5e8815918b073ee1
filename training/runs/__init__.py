"""Run folders: how every run begins, trains on, is saved, and ends."""
