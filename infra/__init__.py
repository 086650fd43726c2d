"""The CDK app: everything the service is made of on AWS, one construct a file."""
