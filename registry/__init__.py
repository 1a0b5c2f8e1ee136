"""What is in force? Versions, owners, consumers and their use; REST API and OAuth 2 server."""
