"""Commands for the people who run the service, on the local stack and on AWS."""
