"""The CDK app: the constructs that the service consists of on AWS."""
