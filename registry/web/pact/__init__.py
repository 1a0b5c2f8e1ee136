"""The door for clients of a Pact broker: can-i-deploy and record-deployment, in the broker's HAL."""
