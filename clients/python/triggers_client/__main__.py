"""`python -m triggers_client` is the command `triggers`."""

from triggers_client.cli import main

if __name__ == "__main__":
    main()
