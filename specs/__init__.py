"""What is promised: the contract documents, and the one model that reads them."""
