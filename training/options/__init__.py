"""What each command can be told: frozen dataclasses, from which the command line is made.

Plain values, handed down through the whole house; `config.json` holds them.
"""
