"""A model of AWS at the wire: what botocore would send is answered here, in one process."""
